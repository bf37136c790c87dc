"""Payee accounts: announced by one person, confirmed by another before the first payment (DOMAIN §3.7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from audit.services import Fact, record, record_many
from kernel import clock
from kernel.errors import DomainError, InvalidInput, NotAllowed
from kernel.scope import Scope
from masterdata import checks, selectors
from masterdata.models import Counterparty, CounterpartyAccount, PayeeVersion, User
from masterdata.selectors import scope_of
from masterdata.states import PayeeState


@dataclass(frozen=True)
class PayeeProposal:
    """A payee as an import or a person announces it."""

    code: str
    name: str
    number: str
    bank_name: str
    cnaps: str
    is_personal: bool = False

    def checked(self) -> PayeeProposal:
        """The same, normalised; raises InvalidInput."""
        code = self.code.strip()
        if not code or len(code) > 30:
            raise InvalidInput(
                "往来单位编码应为 1 至 30 个字符", "a code has 1 to 30 characters", field="code"
            )
        return PayeeProposal(
            code=code,
            name=checks.clean_name(self.name),
            number=checks.check_account(self.number),
            bank_name=checks.clean_name(self.bank_name, field="bank_name"),
            cnaps=checks.check_cnaps(self.cnaps),
            is_personal=self.is_personal,
        )


@dataclass
class Decided:
    """What became of a bulk decision: ids done, and (id, reason) of those refused."""

    done: list[int] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)


def person_behind(actor: Any) -> User | None:
    """The user an actor is or stands for (an API client acts for one)."""
    return actor if isinstance(actor, User) else getattr(actor, "acts_for", None)


def _ensure_partners(
    proposals: Iterable[PayeeProposal], actor: Any, origin: str
) -> dict[str, Counterparty]:
    """Partners by code, made where missing and locked, so that two imports cannot stage one payee twice."""
    names = {p.code: p for p in reversed(list(proposals))}
    known = set(Counterparty.objects.filter(code__in=names).values_list("code", flat=True))
    missing = [p for code, p in sorted(names.items()) if code not in known]
    Counterparty.objects.bulk_create(
        [
            Counterparty(
                code=p.code,
                name=p.name,
                pinyin=checks.pinyin_of(p.name),
                kind=Counterparty.Kind.EMPLOYEE if p.is_personal else Counterparty.Kind.SUPPLIER,
                origin=origin,
            )
            for p in missing
        ],
        ignore_conflicts=True,
    )
    locked = Counterparty.objects.filter(code__in=names).select_for_update().order_by("pk")
    partners = {partner.code: partner for partner in locked}
    record_many(
        [
            Fact(
                "masterdata.counterparty.created",
                partners[p.code],
                after={"code": p.code, "name": p.name},
            )
            for p in missing
        ],
        actor=actor,
    )
    return partners


def stage_payees(
    *, proposals: Sequence[PayeeProposal], actor: Any, source_note: str = "", origin: str = "import"
) -> dict[tuple[str, str], CounterpartyAccount]:
    """Announce many payees (a step: the caller's transaction); answers every live account by (code, number).

    Idempotent: a (code, number) that is staged or confirmed already is answered as it stands. Raises InvalidInput.
    """
    wanted: dict[tuple[str, str], PayeeProposal] = {}
    for raw in proposals:
        one = raw.checked()
        wanted.setdefault((one.code, one.number), one)
    partners = _ensure_partners(wanted.values(), actor, origin)
    live = selectors.payee_accounts(partners)
    fresh = [
        CounterpartyAccount(
            counterparty=partners[code],
            number=number,
            name=p.name,
            name_key=checks.normalise_name(p.name),
            bank_name=p.bank_name,
            cnaps=p.cnaps,
            is_personal=p.is_personal,
            made_by=person_behind(actor),
            source_note=source_note[:120],
        )
        for (code, number), p in wanted.items()
        if (code, number) not in live
    ]
    CounterpartyAccount.objects.bulk_create(fresh)
    record_many(
        [Fact("masterdata.payee.staged", row, after=_shown(row)) for row in fresh], actor=actor
    )
    for row in fresh:
        live[(row.counterparty.code, row.number)] = row
    return {key: live[key] for key in wanted}


def stage_payee(
    *,
    code: str,
    name: str,
    number: str,
    bank_name: str,
    cnaps: str,
    is_personal: bool = False,
    actor: Any,
    source_note: str = "",
) -> CounterpartyAccount:
    """Announce one payee; see `stage_payees`."""
    proposal = PayeeProposal(code, name, number, bank_name, cnaps, is_personal)
    (account,) = stage_payees(proposals=[proposal], actor=actor, source_note=source_note).values()
    return account


@transaction.atomic(durable=True)
def propose_payee(
    *, proposal: PayeeProposal, actor: User, source_note: str = ""
) -> CounterpartyAccount:
    """A person announces a payee at the desk; raises NotAllowed without `payees.propose`, InvalidInput."""
    scope_of(actor).demand("payees.propose")
    (account,) = stage_payees(
        proposals=[proposal], actor=actor, source_note=source_note, origin="manual"
    ).values()
    return account


def _shown(row: CounterpartyAccount) -> dict[str, object]:
    return {
        "counterparty": row.counterparty.code,
        "name": row.name,
        "number": row.number,
        "bank_name": row.bank_name,
        "cnaps": row.cnaps,
        "state": str(row.state),
    }


def demand_other_person(made_by: User | None, actor: User) -> None:
    """Raise NotAllowed when the decider is the natural person who proposed."""
    if made_by is not None and made_by.person_key == actor.person_key:
        raise NotAllowed(
            "提出人不能复核自己的提交", "the proposer may not decide", code="same_person"
        )


def decide(
    account: CounterpartyAccount,
    *,
    confirm: bool,
    actor: User,
    why: str,
    in_use_since: datetime | None = None,
) -> None:
    """Confirm or reject a locked account (a step); see `decide_payee` for what it raises.

    An account taken over from a finance system that has long paid it keeps its age: `in_use_since`.
    """
    demand_other_person(account.made_by, actor)
    if not confirm and not why.strip():
        raise InvalidInput("拒绝时请填写原因", "a rejection wants a reason", field="why")
    before = {"state": str(account.state)}
    account.move("confirm" if confirm else "reject")
    account.decided_by, account.decided_at = actor, in_use_since or clock.now()
    account.version_no += confirm
    account.save_changes(["state", "decided_by", "decided_at", "version_no"])
    if confirm:
        write_version(account)
    record(
        "masterdata.payee.confirmed" if confirm else "masterdata.payee.rejected",
        actor=actor,
        subject=account,
        before=before,
        after=_shown(account),
        why=why,
    )


def write_version(account: CounterpartyAccount) -> None:
    """Step: keep what a locked account says now as the version it just got."""
    PayeeVersion.objects.create(
        account=account,
        number=account.version_no,
        name=account.name,
        account_number=account.number,
        bank_name=account.bank_name,
        cnaps=account.cnaps,
        is_personal=account.is_personal,
        valid_from=account.decided_at or clock.now(),
        made_by=account.made_by,
        decided_by=account.decided_by,
    )


@transaction.atomic(durable=True)
def decide_payee(
    *, account_id: int, version: int, confirm: bool, actor: User, why: str = ""
) -> CounterpartyAccount:
    """Confirm or reject a staged payee account; a rejection wants a reason.

    Raises NotFound, NotAllowed (right missing, or the proposer's own person), Conflict (moved on), InvalidInput.
    """
    scope = scope_of(actor)
    scope.demand("payees.confirm")
    account = _locked(account_id, scope)
    account.require_version(version)
    decide(account, confirm=confirm, actor=actor, why=why)
    return account


@transaction.atomic(durable=True)
def decide_payees(
    *, account_ids: Sequence[int], confirm: bool, actor: User, why: str = ""
) -> Decided:
    """Confirm or reject many staged accounts; those refused are named with their reason, the others are done.

    Raises NotAllowed when the right is missing altogether.
    """
    scope = scope_of(actor)
    scope.demand("payees.confirm")
    rows = selectors.visible_payees(scope).filter(pk__in=account_ids)
    found = {row.pk: row for row in rows.select_for_update(of=("self",)).order_by("pk")}
    outcome = Decided()
    for account_id in dict.fromkeys(account_ids):
        row = found.get(account_id)
        if row is None:
            outcome.refused.append((account_id, "未找到此收款账户"))
            continue
        try:
            decide(row, confirm=confirm, actor=actor, why=why)
        except DomainError as error:  # raised before the row is touched: nothing to roll back
            outcome.refused.append((account_id, error.message))
        else:
            outcome.done.append(account_id)
    return outcome


def _locked(account_id: int, scope: Scope) -> CounterpartyAccount:
    account: CounterpartyAccount = selectors.get_payee(account_id, scope=scope, lock=True)
    return account


def confirmed(account: CounterpartyAccount) -> bool:
    """Whether the account may be paid."""
    return account.state == PayeeState.CONFIRMED
