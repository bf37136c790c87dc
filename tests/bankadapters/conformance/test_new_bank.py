"""`python -m bankadapters new`: what it lays down runs at once, and only its own folder and three lines are touched."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bankadapters import skeleton

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> Path:
    """A copy of the packages a bank lives among."""
    copy = tmp_path_factory.mktemp("house")
    for name in ("bankadapters", "kernel"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "tests" / "bankadapters").mkdir(parents=True)
    shutil.copy(ROOT / "pyproject.toml", copy)
    return copy


def _run(house: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bankadapters", *arguments],
        cwd=house,
        capture_output=True,
        text=True,
        timeout=300,
    )


def _contents(house: Path) -> dict[str, bytes]:
    return {str(p.relative_to(house)): p.read_bytes() for p in house.rglob("*.py")}


def test_a_new_bank_passes_the_conformance_kit_as_it_is_laid_down(house):
    before = _contents(house)

    made = _run(
        house,
        "new",
        "example",
        "--name-zh",
        "示例银行",
        "--name-en",
        "Example Bank",
        "--cnaps-prefix",
        "999",
    )
    played = _run(house, "conform", "--bank", "example", "--only", "Payments")
    folders = ["bankadapters/banks/example", "tests/bankadapters/example"]
    ruff = [sys.executable, "-m", "ruff"]
    for check in (["check"], ["format", "--check"]):
        tidy = subprocess.run(
            [*ruff, *check, *folders], cwd=house, capture_output=True, text=True, timeout=60
        )
        assert tidy.returncode == 0, tidy.stdout

    assert made.returncode == 0, made.stderr
    assert played.returncode == 0, played.stdout + played.stderr
    assert "passed  a payment to another bank" in played.stdout
    after = _contents(house)
    changed = {name for name, text in before.items() if after[name] != text}
    assert changed == {
        "bankadapters/registry.py",
        "bankadapters/simulator/__main__.py",
        "bankadapters/simulator/homes.py",
    }
    assert {name.split("/example/")[0] for name in set(after) - set(before)} == {
        "bankadapters/banks",
        "tests/bankadapters",
    }


@pytest.mark.parametrize(
    ("name", "prefix", "said"),
    [("boc", "104", "already"), ("Bank!", "104", "no name"), ("fresh", "1", "three digits")],
)
def test_what_cannot_be_laid_down_is_told_and_nothing_is_touched(house, name, prefix, said):
    before = _contents(house)

    with pytest.raises(ValueError, match=said):
        skeleton.lay_down(house, name, name_zh="某行", name_en="Some", cnaps_prefix=prefix)

    assert _contents(house) == before
