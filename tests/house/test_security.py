"""docs/security/asvs.md: every line shows its test or gives its reason, and the tests it names exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs" / "security" / "asvs.md"
REASONS = ("open:", "operator:", "n/a:")


def lines() -> list[list[str]]:
    """The cells of every line that states something."""
    found = []
    for line in TABLE.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and cells[0] != "requirement":
            found.append(cells)
    return found


def exists(name: str) -> bool:
    path, _, test = name.partition("::")
    if not (ROOT / path).is_file():
        return False
    return not test or f"def {test}(" in (ROOT / path).read_text("utf-8")


def test_every_line_shows_its_test_or_gives_its_reason() -> None:
    bare = [
        cells
        for cells in lines()
        if len(cells) != 3 or not (cells[2] or cells[1].startswith(REASONS))
    ]

    assert bare == []


def test_the_tests_it_names_exist() -> None:
    named = {name for cells in lines() for name in re.findall(r"`([^`]+)`", cells[2])}

    assert len(named) > 40
    assert [name for name in sorted(named) if not exists(name)] == []


def test_it_speaks_of_every_chapter() -> None:
    chapters = set(re.findall(r"\bV(\d+) ", TABLE.read_text("utf-8")))

    assert chapters == {str(number) for number in range(1, 18)}
