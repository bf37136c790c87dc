"""`python -m tests.house.translations [--update]`: every Chinese text of pages has an English one.

Without --update it fails naming texts that are missing or empty in locale/en; with it, new texts are added (empty) and
texts that no longer occur are dropped. Works without GNU gettext: templates are read with Django's own rewriting, Python
with Babel.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = ROOT / "locale" / "en" / "LC_MESSAGES" / "django.po"
SKIPPED = {".venv", "var", "node_modules", "tests", "benchmarks", "migrations", "dist", ".git"}
KEYWORDS = {
    "_": None,
    "_now": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}


def sources() -> Iterator[Path]:
    """Python modules and templates of the house."""
    for suffix in ("*.py", "*.html", "*.txt"):
        for path in sorted(ROOT.rglob(suffix)):
            parts = path.relative_to(ROOT).parts
            if SKIPPED.isdisjoint(parts) and (suffix != "*.txt" or parts[0] == "templates"):
                yield path


def collected() -> Catalog:
    """Every text marked for translation, with where it occurs."""
    from django.conf import settings

    if not settings.configured:
        settings.configure(USE_I18N=True)
    catalogue = Catalog(project="YQLink", charset="utf-8")
    for path in sources():
        text = path.read_text("utf-8")
        if path.suffix != ".py":
            text = templatize(text)
        name = str(path.relative_to(ROOT))
        for _, message, _, context in extract(
            "python", io.BytesIO(text.encode()), keywords=KEYWORDS
        ):
            if message and message != "":
                catalogue.add(message, locations=[(name, 1)], context=context)
    return catalogue


def translated() -> Catalog:
    """The English catalogue as it stands."""
    if not CATALOGUE.exists():
        return Catalog(locale="en", charset="utf-8")
    with CATALOGUE.open("rb") as stream:
        return read_po(stream, locale="en")


def missing() -> list[str]:
    """Texts without an English form."""
    known = translated()
    faults = []
    for message in collected():
        if not message.id:
            continue
        found = known.get(message.id, message.context)
        parts = (
            []
            if found is None
            else found.string
            if isinstance(found.string, tuple | list)
            else [found.string]
        )
        if found is None or found.fuzzy or not parts or not all(parts):
            key = message.id if isinstance(message.id, str) else message.id[0]
            faults.append(f"{message.locations[0][0]}: {key}")
    return faults


def update() -> None:
    """Bring locale/en up to date with the sources."""
    catalogue = translated()
    catalogue.update(collected(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    with CATALOGUE.open("wb") as stream:
        write_po(
            stream, catalogue, width=120, no_location=True, omit_header=False, sort_output=True
        )


def main(arguments: list[str]) -> int:
    """The command."""
    if "--update" in arguments:
        update()
    faults = missing()
    for fault in faults:
        print(f"no English for {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
