"""State machines as data: a Flow is a table of moves, and the table drives code, database constraint, tests and diagram."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from kernel.errors import Conflict


@dataclass(frozen=True)
class Move:
    """One legal move: a name, the states it may start from, the state it ends in."""

    name: str
    sources: tuple[str, ...]
    target: str


def move(name: str, sources: str | Iterable[str], target: str) -> Move:
    """Declare a move; `sources` is one state or several."""
    return Move(name, (sources,) if isinstance(sources, str) else tuple(sources), target)


class IllegalMove(Conflict):
    """The row is not in a state from which this move is allowed."""

    code = "illegal_move"


class Flow:
    """Every legal move of one noun, and nothing else."""

    def __init__(self, states: type[StrEnum], *moves: Move, initial: str) -> None:
        self.states, self.moves, self.initial = states, moves, initial
        self._targets: dict[tuple[str, str], str] = {}
        for one in moves:
            for source in one.sources:
                if (one.name, source) in self._targets:
                    raise ValueError(f"move {one.name} from {source} is declared twice")
                self._targets[(one.name, source)] = one.target

    def target(self, name: str, source: str) -> str:
        """The state `name` leads to from `source`; raises IllegalMove when the table has no such line."""
        try:
            return self._targets[(name, source)]
        except KeyError:
            raise IllegalMove(
                f"当前状态（{source}）不允许此操作，页面可能已过期，请刷新后重试",
                f"{name} is not allowed from {source}",
            ) from None

    def allows(self, name: str, source: str) -> bool:
        """Whether the table has a line for `name` from `source`."""
        return (name, source) in self._targets

    def edges(self) -> frozenset[tuple[str, str]]:
        """All (from, to) pairs, for the database's own guard and for tests."""
        return frozenset((source, target) for (_, source), target in self._targets.items())

    def reachable(self, source: str) -> frozenset[str]:
        """Every state some sequence of moves leads to from `source`."""
        seen: set[str] = set()
        todo = [source]
        while todo:
            here = todo.pop()
            for before, after in self.edges():
                if before == here and after not in seen:
                    seen.add(after)
                    todo.append(after)
        return frozenset(seen)

    def diagram(self) -> str:
        """A Mermaid state diagram of the table, for docs/states/."""
        lines = ["stateDiagram-v2", f"    [*] --> {self.initial}"]
        for one in self.moves:
            lines += [f"    {source} --> {one.target}: {one.name}" for source in one.sources]
        return "\n".join(lines) + "\n"
