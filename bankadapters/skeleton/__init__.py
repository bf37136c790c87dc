"""What `python -m bankadapters new NAME` lays down: a bank of one small dialect that already runs, to be replaced piece by piece."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from pathlib import Path
from string import Template

HERE = Path(__file__).parent
PLACES = {  # template → where it goes
    "profile.py.txt": "bankadapters/banks/{slug}/profile.py",
    "codes.py.txt": "bankadapters/banks/{slug}/codes.py",
    "messages.py.txt": "bankadapters/banks/{slug}/messages.py",
    "adapter.py.txt": "bankadapters/banks/{slug}/adapter.py",
    "simulator.py.txt": "bankadapters/banks/{slug}/simulator/__init__.py",
    "test_contract.py.txt": "tests/bankadapters/{slug}/test_contract.py",
    "test_traps.py.txt": "tests/bankadapters/{slug}/test_traps.py",
}
EMPTY = ("bankadapters/banks/{slug}/__init__.py", "tests/bankadapters/{slug}/__init__.py")


def lay_down(root: Path, slug: str, *, name_zh: str, name_en: str, cnaps_prefix: str) -> list[Path]:
    """Write the bank's folder and its tests, and its line in the registry, the simulator's table and the homes.

    Raises ValueError for a name that is no slug or is taken, and for a prefix that is not three digits.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,15}", slug):
        raise ValueError(
            f"{slug!r} is no name for a folder: small letters and digits, two to sixteen"
        )
    if not re.fullmatch(r"\d{3}", cnaps_prefix):
        raise ValueError(
            "--cnaps-prefix wants the three digits the bank's clearing codes begin with"
        )
    if (root / f"bankadapters/banks/{slug}").exists():
        raise ValueError(f"there is a bank {slug!r} already")
    values = _values(slug, name_zh, name_en, cnaps_prefix)
    lines = _table_lines(slug, name_zh, cnaps_prefix, values["Name"])
    edits = {root / place: _with(root / place, *line) for place, line in lines.items()}
    made = []
    for template, place in PLACES.items():
        made.append(root / place.format(slug=slug))
        made[-1].parent.mkdir(parents=True, exist_ok=True)
        text = Template((HERE / template).read_text("utf-8")).substitute(values)
        made[-1].write_text(text, "utf-8")
    for place in EMPTY:
        (root / place.format(slug=slug)).touch()
    for path, text in edits.items():
        path.write_text(text, "utf-8")
    return [*made, *edits]


def _values(slug: str, name_zh: str, name_en: str, prefix: str) -> Mapping[str, str]:
    name = "".join(part.capitalize() for part in slug.split("_"))
    number = f"{zlib.crc32(slug.encode()) % 10**8:08d}"  # numbers no other bank of the world has
    return {
        "slug": slug, "name_zh": name_zh, "name_en": name_en, "prefix": prefix, "Name": name,
        "Class": f"{name}Adapter", "account1": f"88{number}000001", "account2": f"88{number}000002",
    }  # fmt: skip


def _table_lines(slug: str, name_zh: str, prefix: str, name: str) -> dict[str, tuple[str, str]]:
    """File → (the line a table ends with begins after, the new line)."""
    return {
        "bankadapters/registry.py": (
            "ADAPTERS: dict[str, str] = {\n",
            f'    "{slug}": "bankadapters.banks.{slug}.adapter:{name}Adapter",\n',
        ),
        "bankadapters/simulator/__main__.py": (
            "BANKS = {\n",
            f'    "{slug}": "bankadapters.banks.{slug}.simulator:{name}Simulator",\n',
        ),
        "bankadapters/simulator/homes.py": (
            "_ROWS = (\n",
            f'    ("{slug}", "{name_zh}", "{prefix}", "{_code(prefix)}"),\n',
        ),
    }


def _code(prefix: str) -> str:
    """A clearing code with this prefix, its check digit by ISO 7064 MOD 11,10: to be replaced by the head office's own."""
    digits, rest = f"{prefix}10000000", 10
    for digit in digits:
        rest = ((rest + int(digit)) % 10 or 10) * 2 % 11
    return f"{digits}{(11 - rest) % 10}"


def _with(path: Path, opening: str, line: str) -> str:
    text = path.read_text("utf-8")
    if text.count(opening) != 1:
        raise ValueError(f"{path.name} has no table {opening.strip()!r}")
    return text.replace(opening, opening + line)
