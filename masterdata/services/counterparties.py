"""Trading partners (往来单位): made and edited; their bank accounts are in payees."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction

from audit.services import record
from kernel.errors import Conflict, InvalidInput
from masterdata import checks, selectors
from masterdata.models import Counterparty, User
from masterdata.selectors import scope_of


@dataclass(frozen=True)
class CounterpartyDraft:
    """What a person says of a trading partner."""

    code: str
    name: str
    kind: str = Counterparty.Kind.SUPPLIER
    uscc: str = ""
    is_active: bool = True

    def checked(self) -> CounterpartyDraft:
        """The same, normalised; raises InvalidInput."""
        code = self.code.strip()
        if not code or len(code) > 30:
            raise InvalidInput(
                "往来单位编码应为 1 至 30 个字符", "a code has 1 to 30 characters", field="code"
            )
        if self.kind not in Counterparty.Kind.values:
            raise InvalidInput("往来单位类别不正确", "unknown kind", field="kind")
        return CounterpartyDraft(
            code=code,
            name=checks.clean_name(self.name),
            kind=self.kind,
            uscc=checks.check_uscc(self.uscc) if self.uscc.strip() else "",
            is_active=self.is_active,
        )


def add_counterparty(
    *, draft: CounterpartyDraft, actor: Any, origin: str = "manual"
) -> Counterparty:
    """Make a trading partner (a step). Raises InvalidInput, Conflict when the code is taken."""
    clean = draft.checked()
    if Counterparty.objects.filter(code=clean.code).exists():
        raise Conflict(f"往来单位编码 {clean.code} 已存在", "the code is taken")
    partner = Counterparty.objects.create(
        **asdict(clean), pinyin=checks.pinyin_of(clean.name), origin=origin
    )
    record("masterdata.counterparty.created", actor=actor, subject=partner, after=asdict(clean))
    return partner


def take_from_erp(
    *, draft: CounterpartyDraft, actor: Any, origin: str
) -> tuple[Counterparty, bool]:
    """A trading partner as the finance system says it (a step): made, changed, or as it stood; and whether anything changed.

    Raises InvalidInput, Conflict where the code belongs to a partner of another origin under another name.
    """
    clean = draft.checked()
    partner = Counterparty.objects.select_for_update().filter(code=clean.code).first()
    if partner is None:
        return add_counterparty(draft=clean, actor=actor, origin=origin), True
    values = {name: value for name, value in asdict(clean).items() if name != "is_active"}
    before = {name: getattr(partner, name) for name in values}
    if before == values:
        return partner, False
    if partner.origin not in (origin, "import") and partner.name != clean.name:
        raise Conflict(
            f"往来单位编码 {clean.code} 已由「{partner.origin}」登记为「{partner.name}」",
            "the code belongs to another partner",
            code="code_taken",
            field="code",
        )
    for name, value in values.items():
        setattr(partner, name, value)
    partner.pinyin, partner.origin = checks.pinyin_of(clean.name), origin
    partner.save_changes()
    record(
        "masterdata.counterparty.edited", actor=actor, subject=partner, before=before, after=values
    )
    return partner, True


@transaction.atomic(durable=True)
def create_counterparty(*, draft: CounterpartyDraft, actor: User) -> Counterparty:
    """Make a trading partner. Raises NotAllowed, InvalidInput, Conflict."""
    scope_of(actor).demand("masterdata.edit")
    return add_counterparty(draft=draft, actor=actor)


@transaction.atomic(durable=True)
def edit_counterparty(
    *, counterparty_id: int, version: int, draft: CounterpartyDraft, actor: User
) -> Counterparty:
    """Change a trading partner (its code stays). Raises NotFound, NotAllowed, StaleVersion, InvalidInput."""
    scope = scope_of(actor)
    scope.demand("masterdata.edit")
    partner = selectors.get_counterparty(counterparty_id, scope=scope, lock=True)
    partner.require_version(version)
    clean = draft.checked()
    if clean.code != partner.code:
        raise InvalidInput("往来单位编码不能修改", "a code never changes", field="code")
    before = {name: getattr(partner, name) for name in asdict(clean)}
    for name, value in asdict(clean).items():
        setattr(partner, name, value)
    partner.pinyin = checks.pinyin_of(clean.name)
    partner.save_changes()
    record(
        "masterdata.counterparty.edited",
        actor=actor,
        subject=partner,
        before=before,
        after=asdict(clean),
    )
    return partner
