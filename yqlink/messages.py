"""Translation catalogues without GNU gettext: Babel compiles and extracts; msgids are Chinese, `locale/en` is English."""

from __future__ import annotations

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po


def catalogues(root: Path) -> list[Path]:
    """Every .po file of the house."""
    return sorted((root / "locale").glob("*/LC_MESSAGES/*.po"))


def compile_all(root: Path) -> list[Path]:
    """Write the .mo beside every .po that is newer; returns the files written."""
    written = []
    for source in catalogues(root):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as stream:
            catalogue = read_po(stream, abort_invalid=True)
        scratch = target.with_suffix(".tmp")
        with scratch.open("wb") as out:
            write_mo(out, catalogue)
        scratch.replace(target)
        written.append(target)
    return written
