"""Scope: who looks, at which companies, with which rights. A value; masterdata.scope_of makes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from kernel.errors import NotAllowed


@dataclass(frozen=True)
class Scope:
    """What one person, API client or background job may see and do.

    `rights` maps a right's name to the company ids it holds for; `company_ids` is every company the holder may see.
    """

    actor_id: int | None
    actor_name: str
    company_ids: frozenset[int] = frozenset()
    rights: Mapping[str, frozenset[int]] = field(default_factory=dict)
    is_system: bool = False
    person_key: str = ""
    roles: Mapping[str, frozenset[int]] = field(default_factory=dict)  # duty -> company ids
    # right -> company id -> the person it was lent by, where the holder has it through a delegation only
    for_whom: Mapping[str, Mapping[int, int]] = field(default_factory=dict)

    def roles_in(self, company_id: int) -> frozenset[str]:
        """The duties the holder has in a company."""
        return frozenset(role for role, held in self.roles.items() if company_id in held)

    def has(self, right: str, company_id: int | None = None) -> bool:
        """Whether the holder has `right` (for that company, or for any when none is named)."""
        if self.is_system:
            return True
        companies = self.rights.get(right, frozenset())
        return bool(companies) if company_id is None else company_id in companies

    def demand(self, right: str, company_id: int | None = None) -> None:
        """Raise NotAllowed unless `has`."""
        if not self.has(right, company_id):
            raise NotAllowed(
                "您没有执行此操作的权限", f"the right {right} is missing", code="right_missing"
            )

    def lent_by(self, right: str, company_id: int) -> int | None:
        """Whose right it is that the holder uses here; None where it is their own."""
        return self.for_whom.get(right, {}).get(company_id)

    def companies_with(self, right: str) -> frozenset[int]:
        """Company ids for which the holder has `right`."""
        return self.company_ids if self.is_system else self.rights.get(right, frozenset())

    def within(self, right: str) -> Scope:
        """The same holder, who sees the companies alone for which the right holds. Raises NotAllowed where there are none."""
        self.demand(right)
        held = self.companies_with(right)
        rights = {name: companies & held for name, companies in self.rights.items()}
        return replace(self, company_ids=held, rights=rights)
