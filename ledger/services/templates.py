"""Voucher templates: a version is proposed by one person, taken into force by another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.db import transaction

from audit import services as audit
from kernel import clock
from kernel.errors import InvalidInput
from ledger.models import VoucherTemplate
from ledger.rules import EVENTS, Template, check_template, template_of
from masterdata import selectors as masterdata
from masterdata.selectors import scope_of
from masterdata.services import changes, dated

if TYPE_CHECKING:
    from masterdata.models import StagedChange, User

KIND = "ledger.template"


@dataclass(frozen=True, kw_only=True)
class TemplateDraft:
    """A version as a person writes it; without a company it holds for the whole group."""

    template: Template
    name: str
    valid_from: date
    source_note: str
    company_id: int | None = None
    subject: str = ""

    def plain(self) -> dict[str, object]:
        """As JSON values, for the proposal."""
        return {
            "event": self.template.event,
            "company_id": self.company_id,
            "subject": self.subject,
            "name": self.name.strip()[:60],
            "voucher_type": self.template.voucher_type,
            "valid_from": self.valid_from.isoformat(),
            "content": self.template.plain(),
            "source_note": self.source_note.strip()[:120],
        }


def in_force(draft: TemplateDraft) -> VoucherTemplate | None:
    """The newest version of the same event, company and subject. System look-up."""
    rows = VoucherTemplate.objects.filter(event=draft.template.event, subject=draft.subject)
    held = (
        rows.filter(company__isnull=True)
        if draft.company_id is None
        else rows.filter(company_id=draft.company_id)
    )
    return held.order_by("-number").first()


@transaction.atomic(durable=True)
def propose(*, draft: TemplateDraft, actor: User) -> StagedChange:
    """The first person writes a version; nothing is booked by it until another takes it. Right ledger.book.

    Raises NotFound (company out of scope), NotAllowed, InvalidInput (row and field), Conflict (a proposal waits).
    """
    scope = scope_of(actor)
    if draft.company_id is not None:
        masterdata.get_company(draft.company_id, scope=scope)
    dated.demand(scope, "ledger.book", draft.company_id)
    check_template(draft.template)
    for name, word in (("name", "名称"), ("source_note", "依据")):
        if len(str(getattr(draft, name)).strip()) < 2:
            raise InvalidInput(f"请填写{word}", f"{name} is wanted", field=name)
    before = in_force(draft)
    return changes.stage(
        KIND,
        subject_id=f"{draft.template.event}/{draft.company_id or ''}/{draft.subject}",
        company_id=draft.company_id,
        title=f"凭证模板 {EVENTS[draft.template.event].title}：{draft.name.strip()}",
        before={}
        if before is None
        else {
            "number": before.number,
            "name": before.name,
            "voucher_type": before.voucher_type,
            "content": before.lines,
        },
        after=draft.plain(),
        actor=actor,
    )


@transaction.atomic(durable=True)
def decide(*, change_id: int, accept: bool, actor: User, why: str = "") -> StagedChange:
    """The second person takes the version into force, from its day on and not before today, or refuses it.

    Right ledger.confirm. Raises NotFound, NotAllowed (the same natural person), Conflict (decided already), InvalidInput.
    """
    change = changes.settle(
        change_id, kinds=[KIND], right="ledger.confirm", accept=accept, actor=actor, why=why
    )
    dated.demand(scope_of(actor), "ledger.confirm", change.company_id)
    if accept:
        row = lay_down(
            _draft_of(change.after), earliest=clock.today(), people=(change.made_by, actor)
        )
        audit.record(
            "ledger.template.accepted",
            actor=actor,
            subject=row,
            before=change.before,
            after=change.after,
            why=why,
        )
    return change


def _draft_of(said: dict[str, object]) -> TemplateDraft:
    company_id, content = said["company_id"], said["content"]
    return TemplateDraft(
        template=template_of(
            str(said["event"]),
            str(said["voucher_type"]),
            content if isinstance(content, dict) else {},
        ),
        name=str(said["name"]),
        valid_from=date.fromisoformat(str(said["valid_from"])),
        source_note=str(said["source_note"]),
        company_id=company_id if isinstance(company_id, int) else None,
        subject=str(said["subject"]),
    )


def lay_down(
    draft: TemplateDraft, *, earliest: date = date.min, people: tuple[User, User] | None = None
) -> VoucherTemplate:
    """Step: write a version; without people on an installation's first day and in its demo. Raises InvalidInput."""
    check_template(draft.template)
    newest = in_force(draft)
    return VoucherTemplate.objects.create(
        event=draft.template.event,
        company_id=draft.company_id,
        subject=draft.subject,
        number=1 if newest is None else newest.number + 1,
        valid_from=max(draft.valid_from, earliest),
        name=draft.name.strip()[:60],
        voucher_type=draft.template.voucher_type,
        lines=draft.template.plain(),
        source_note=draft.source_note.strip()[:120],
        made_by=people[0] if people else None,
        decided_by=people[1] if people else None,
    )
