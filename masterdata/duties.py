"""Which duties clash in one natural person: pure, over everything that gives them a duty (accounts, delegations, systems)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

from masterdata.roles import RIGHTS, ROLE_NAMES, Role, are_in_conflict


@dataclass(frozen=True)
class Duty:
    """A role held from the company at `path` downwards; `how` tells through what ("zhang", "代理 李四", "接口 U8")."""

    role: Role
    path: str
    where: str = ""
    how: str = ""

    @property
    def words(self) -> str:
        """The duty as people read it."""
        return f"{ROLE_NAMES[self.role]} {self.where}（{self.how}）"


@dataclass(frozen=True)
class Clash:
    """Two duties one natural person may not hold together."""

    one: Duty
    other: Duty

    @property
    def words(self) -> str:
        """Both duties as people read them."""
        return f"{self.one.words} × {self.other.words}"


def overlap(one: str, other: str) -> bool:
    """Whether two companies of the tree share any company: one is the other, or lies below it."""
    return one.startswith(other) or other.startswith(one)


def clashes(duties: Iterable[Duty]) -> list[Clash]:
    """Every clash among these duties of one natural person."""
    return [
        Clash(one, other)
        for one, other in combinations(duties, 2)
        if are_in_conflict(one.role, other.role) and overlap(one.path, other.path)
    ]


def roles_behind(rights: Iterable[str]) -> set[Role]:
    """The duties a calling system's rights amount to: what makes payments counts as a maker, whatever it is called."""
    found = set()
    for right in rights:
        if right in ("payments.make", "payments.import", "payees.propose"):
            found.add(Role.MAKER)
        elif right in SYSTEM_RIGHTS:
            continue
        else:
            found |= {role for role, held in RIGHTS.items() if right in held}
    return found


# What a calling system may be given: to see, to ask for payments, to announce payees, to say what it has booked, to have
# banks asked, and to have a schedule two people agreed run now. A machine decides nothing.
SYSTEM_RIGHTS = frozenset(
    {
        "payments.view",
        "payments.make",
        "payments.import",
        "payees.propose",
        "statements.view",
        "receipts.view",
        "masterdata.view",
        "ledger.view",
        "vouchers.acknowledge",
        "statements.pull",
        "statements.receipts",
        "payments.inquire",
        "receipts.arrange",
    }
)
# Duties that may be lent for some days: deciding and accounting. Who makes a payment is always one person, and
# administration is not lent at all.
DELEGABLE = (
    Role.CHECKER,
    Role.APPROVER,
    Role.RELEASER,
    Role.RECEIPTS,
    Role.RECONCILER,
    Role.TREASURER,
)
