"""What an attack is, and the table of all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.insider.ground import Database, Ground


@dataclass(frozen=True)
class Attack:
    """One attack: `do` carries it out and returns the row the verifier is to name ("" for none).

    `is_prevented`: it is refused, or with `sends` the workers send nothing of it. `is_detected`: the verifier names the row.
    """

    name: str
    do: Callable[[Ground, Database], str]
    is_prevented: bool = False
    is_detected: bool = True
    sends: bool = False
    spares: tuple[str, ...] = ("second",)  # with `sends`: the released payments that still go out

    @property
    def expected(self) -> str:
        """In words."""
        return " + ".join(["拦截"] * self.is_prevented + ["检出"] * self.is_detected)


def every() -> list[Attack]:
    """All attacks, in the order of the report."""
    from tests.insider import on_mandates, on_payments, on_rules, on_the_trail

    return [
        *on_payments.ATTACKS, *on_rules.ATTACKS, *on_mandates.ATTACKS, *on_the_trail.ATTACKS,
    ]  # fmt: skip
