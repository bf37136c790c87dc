"""Characters no database keeps: NUL, and halves of a surrogate pair. What carries them is refused by its row. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from erpbridge.contract import Delivery, fault

_INSTEAD = "\ufffd"


def _clean_text(text: str) -> str:
    text = text.replace("\x00", _INSTEAD)
    return (
        text
        if text.isprintable()
        else "".join(_INSTEAD if "\ud800" <= c <= "\udfff" else c for c in text)
    )


def clean(value: Any) -> Any:
    """The same with every such character shown as one that says so."""
    if isinstance(value, str):
        return _clean_text(value)
    if isinstance(value, Mapping):
        return {clean(name): clean(inner) for name, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [clean(inner) for inner in value]
    return value


def kept_out(delivery: Delivery) -> Delivery:
    """The delivery with what cannot be stored made visible, each such item carrying its fault; itself where all can."""
    items = clean(delivery.items)
    if items == list(delivery.items):
        return delivery
    wrong = {
        row: [_fault(row, before, after)]
        for row, (before, after) in enumerate(zip(delivery.items, items, strict=True), 1)
        if before != after
    }
    return replace(delivery, items=items, faults={**delivery.faults, **wrong})


def _fault(row: int, before: Any, after: Any) -> dict[str, Any]:
    names = [""]
    if isinstance(after, Mapping):
        names = [name for name, value in after.items() if before.get(name) != value] or names
    return fault(
        names[0], row, "characters", f"{names[0]} 含有无法保存的字符（NUL 或不完整的 Unicode 字符），请更正后重发",
        "it holds NUL or half a character: correct it and send it again",
    )  # fmt: skip
