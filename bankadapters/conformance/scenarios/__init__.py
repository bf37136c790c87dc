"""The scenarios by subject. `load` brings all of them in, in the order of the report."""

from importlib import import_module

SUBJECTS = (
    "sessions",
    "accounts",
    "payments",
    "endings",
    "batches",
    "limits",
    "texts",
    "statements",
    "papers",
    "wires",
    "files",
    "faults",
)


def load() -> None:
    """Import every subject, so that its scenarios declare themselves."""
    for subject in SUBJECTS:
        import_module(f"{__name__}.{subject}")
