"""Two texts beside each other with the characters that differ: for names and account numbers people must compare."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher

ALIKE = (
    0.5  # below it two texts are different altogether, and single letters they share mean nothing
)


@dataclass(frozen=True)
class Piece:
    """A run of characters, and whether the other text lacks it at this place."""

    text: str
    differs: bool


def pieces(mine: str, theirs: str) -> tuple[list[Piece], list[Piece]]:
    """Both texts cut where they part; joined again, each side gives its own text back. Quite different ones stay whole."""
    left, right = [], []
    matcher = SequenceMatcher(None, mine, theirs, autojunk=False)
    if matcher.ratio() < ALIKE:
        return [Piece(mine, True)] if mine else [], [Piece(theirs, True)] if theirs else []
    for kind, a, b, c, d in matcher.get_opcodes():
        differs = kind != "equal"
        if b > a:
            left.append(Piece(mine[a:b], differs))
        if d > c:
            right.append(Piece(theirs[c:d], differs))
    return left, right
