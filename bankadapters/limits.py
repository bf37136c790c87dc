"""Field limits as banks count them."""

from __future__ import annotations

from collections.abc import Mapping

from bankadapters.errors import Unencodable


def measure(value: str, unit: str) -> int:
    """Length of a text: "chars", "boc" (a Chinese character counts 2), or "bytes:<encoding>"."""
    if unit == "chars":
        return len(value)
    if unit == "boc":
        return sum(1 if character < "\x80" else 2 for character in value)
    return len(value.encode(unit.removeprefix("bytes:"), errors="replace"))


def require_within(
    value: str, *, name: str, limits: Mapping[str, tuple[int, str]], forbidden: Mapping[str, str]
) -> None:
    """Raise Unencodable, naming the field and its limit, when a text is too long or has a refused character."""
    if name in limits:
        most, unit = limits[name]
        length = measure(value, unit)
        if length > most:
            raise Unencodable(
                f"{name} is too long: {length}, the bank takes {most} ({unit})", field=name
            )
    for character in forbidden.get(name, ""):
        if character in value:
            raise Unencodable(f"{name} must not contain {character!r}", field=name)
