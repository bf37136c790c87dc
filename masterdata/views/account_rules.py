"""Which settings rule payments from an account today: each topic's values, and the version they come from."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from kernel import clock
from kernel.scope import Scope
from masterdata.models import OwnAccount, StrategyRow
from masterdata.services.dated import Kind, kinds, may_propose
from masterdata.services.strategy import COLUMNS_MAX, StrategyKind
from masterdata.strategies import Strategies
from masterdata.topics import BY_SUBJECT, Topic
from masterdata.wording import said_of


@dataclass(frozen=True)
class Ruling:
    """One topic as it rules an account; without a row the built-in default does."""

    kind: Kind
    said: list[tuple[str, str]]
    row: StrategyRow | None
    is_own: bool  # the row stands for this very company and subject
    is_visible: bool
    propose: str  # where to propose another, "" for whoever may not


def _told(value: Topic) -> list[tuple[str, str]]:
    """The few fields of a topic, of a large one those that are not the default."""
    names = list(value.specs())
    if len(names) > COLUMNS_MAX:
        plain = type(value)()
        names = [name for name in names if getattr(value, name) != getattr(plain, name)]
    return said_of(value, names)


def rulings(account: OwnAccount, scope: Scope) -> list[Ruling]:
    """Every topic kept by company and subject, in the order of the settings."""
    today, key = clock.today(), (account.company_id, account.gl_subject)
    decided = Strategies(today).on(today)
    found = [
        (kind, *decided.of(kind.topic, account.company, account.gl_subject))
        for kind in kinds().values()
        if isinstance(kind, StrategyKind) and kind.topic.keyed_by == BY_SUBJECT
    ]
    rows = StrategyRow.objects.in_bulk([version for _kind, _value, version in found if version])
    can_propose = may_propose(scope, account.company_id)
    rulings = []
    for kind, value, version in found:
        row = rows.get(version)
        is_own = row is not None and (row.company_id, row.subject) == key
        sees = row is not None and row.company_id in (None, *scope.company_ids)
        propose = ""
        if can_propose and is_own and row is not None:
            propose = reverse("masterdata:rule_edit", args=[kind.name, row.line])
        elif can_propose:
            asked = f"?company={account.company_id}&subject={account.gl_subject}"
            propose = reverse("masterdata:rule_new", args=[kind.name]) + asked
        rulings.append(Ruling(kind, _told(value), row, is_own, sees, propose))
    return rulings
