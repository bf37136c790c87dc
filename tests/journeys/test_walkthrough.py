"""The main job as others run it: a fresh payment list through the whole platform, in a home of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from yqlink.supervisor import ROOT

pytestmark = pytest.mark.slow

ROWS = 60
LIMIT_S = 420


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A payment list of sixty rows."""
    folder = tmp_path_factory.mktemp("list")
    subprocess.run(
        [sys.executable, str(ROOT / "tests" / "samples" / "make_payment_list.py"),
         "--rows", str(ROWS), "--seed", "3", "--day", "2026-11-24", "--out", str(folder)],
        check=True,
    )  # fmt: skip
    return folder / "payments.xlsx"


@pytest.mark.parametrize("faults", ["", "drop_after_booking", "unknown_codes"])
def test_every_payment_ends_and_the_books_agree(
    listed: Path, faults: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DATABASE_URL", "REDIS_URL"):  # the job brings servers of its own
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "yqlink.settings.dev")

    done = subprocess.run(
        [sys.executable, "-m", "yqlink.walkthrough", "--file", str(listed)]
        + (["--faults", faults] if faults else []),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "books agree" in done.stdout
