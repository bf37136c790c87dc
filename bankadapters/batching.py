"""Which payments of a batch go together in one message: of one kind, within the bank's rows and bytes."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from bankadapters.contract import Instruction


def together(
    items: Sequence[Instruction],
    *,
    rows_max: int,
    bytes_max: int | None = None,
    kind: Callable[[Instruction], Hashable] = lambda item: None,
    size: Callable[[Instruction], int] = lambda item: 0,
) -> list[Instruction]:
    """The items that travel with the first one, in order: of its kind, at most `rows_max`, at most `bytes_max` in all.

    `size` is what an item adds to the message, in bytes of the wire encoding. The first one always goes, even if it is
    too big alone: its own message is then refused by name.
    """
    chosen: list[Instruction] = []
    used = 0
    for item in items:
        if chosen and kind(item) != kind(chosen[0]):
            continue
        grown = used + size(item)
        if chosen and (len(chosen) >= rows_max or (bytes_max is not None and grown > bytes_max)):
            break
        chosen.append(item)
        used = grown
    return chosen
