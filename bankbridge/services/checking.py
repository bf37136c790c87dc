"""Self-tests of accounts: asked for in a page or over the API, made by a worker that talks to the bank, told in plain words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog
from celery import current_app
from django.db import transaction
from django.db.models import Q

import audit.services as audit
from bankadapters.contract import Ability, AccountRef, BankAdapter
from bankadapters.errors import BankError, NotSent, QueryFailed, Refused
from bankbridge import checks, translate
from bankbridge.adapters import open_line
from bankbridge.checks import Found
from bankbridge.models import AccountCheck
from bankbridge.recorder import About
from desk import services as desk
from kernel import clock
from kernel.errors import NotFound
from kernel.scope import Scope

if TYPE_CHECKING:
    from masterdata.models import OwnAccount

log = structlog.get_logger(__name__)
State = AccountCheck.State
LEASE = timedelta(minutes=15)
CASE, SUBJECT = "bankbridge.not_entitled", "masterdata.ownaccount"


@transaction.atomic(durable=True)
def ask(*, account_ids: Sequence[int] | None, actor: Any, scope: Scope) -> int:
    """Have these accounts (None: all the actor may have asked about) tested; how many. Raises NotFound."""
    rows = checks.linked(scope, checks.ASK)
    if account_ids is not None:
        rows = rows.filter(pk__in=list(account_ids))
    accounts = list(rows)
    if not accounts:
        raise NotFound("own account", "未找到可联机查询的账户")
    name = str(getattr(actor, "display_name", "") or actor)[:80]
    AccountCheck.objects.bulk_create(
        [AccountCheck(account=one, company_id=one.company_id, asked_by=name) for one in accounts],
        ignore_conflicts=True,
    )
    audit.record_many(
        [audit.Fact("bankbridge.account.check_asked", one) for one in accounts], actor=actor
    )
    with suppress(Exception):  # the broker only wakes: the timetable finds it in seconds anyway
        current_app.send_task("bankbridge.tasks.tick_checks", queue="bank", expires=30)
    return len(accounts)


@transaction.atomic(durable=True)
def _claimed() -> AccountCheck | None:
    now = clock.now()
    rows = AccountCheck.objects.filter(
        Q(state=State.WAITING) | Q(state=State.RUNNING, started_at__lt=now - LEASE)
    )
    row = rows.select_for_update(skip_locked=True).order_by("pk").first()
    if row is not None:
        row.state, row.started_at = State.RUNNING, now
        row.save(update_fields=["state", "started_at"])
    return row


def run() -> int:
    """Make every self-test that waits; how many."""
    made = 0
    while (row := _claimed()) is not None:
        account = _account_of(row)
        try:
            found = list(_tested(account))
        except (
            Exception
        ) as error:  # whatever breaks, the account is told of and the next one tested
            log.exception("check_broke", account=row.account_id)
            found = [Found("balance", checks.UNREACHED, text=f"{type(error).__name__}: {error}"[:200])]  # fmt: skip
        _kept(row.pk, account, found)
        made += 1
    return made


def _account_of(row: AccountCheck) -> OwnAccount:
    """The account of a check, with its bank and connection."""
    rows = AccountCheck.objects.select_related("account__bank", "account__connection")
    return rows.get(pk=row.pk).account


def _tested(account: OwnAccount) -> Iterator[Found]:
    """Ask for each service once. Nothing is paid: whether payments are let through shows with the first small one."""
    line = open_line(account.connection_id or 0)
    about = About("masterdata.ownaccount", account.pk, account.company_id)
    adapter, ref = line.about(about), translate.account(account)
    today, yesterday = clock.today(), clock.today() - timedelta(days=1)
    asked: dict[str, Callable[[], bool]] = {
        "balance": lambda: _names(ref, (one.account for one in adapter.balances([ref]))),
        "transactions": lambda: adapter.transactions(ref, today, today) is not None,
        "history_balance": lambda: adapter.history_balances(ref, yesterday, yesterday) is not None,
        "receipt_list": lambda: adapter.receipts(ref, yesterday, yesterday) is not None,
        "account_list": lambda: _names(ref, (one.account for one in adapter.account_list())),
    }
    for ability in checks.CHECKED:
        yield _one(adapter, ability, asked[ability])


def _names(ref: AccountRef, told: Iterator[str]) -> bool:
    return ref.number in set(told)


def _one(adapter: BankAdapter, ability: str, ask_bank: Callable[[], bool]) -> Found:
    if Ability(ability) not in adapter.abilities:
        return Found(ability, checks.NOT_OFFERED)
    try:
        is_there = ask_bank()
    except (QueryFailed, Refused) as error:
        return Found(ability, checks.REFUSED, error.code[:40], error.text[:200])
    except NotSent as error:
        return Found(ability, checks.UNREACHED, error.code[:40], error.text[:200])
    except BankError as error:
        return Found(ability, checks.UNREAD, error.code[:40], error.text[:200])
    return Found(ability, checks.OK if is_there else checks.ABSENT)


@transaction.atomic(durable=True)
def _kept(check_id: int, account: OwnAccount, found: list[Found]) -> None:
    """Keep what was found, and tell somebody what the bank does not let us do."""
    AccountCheck.objects.filter(pk=check_id).update(
        state=State.DONE, ended_at=clock.now(), results=[asdict(one) for one in found]
    )
    missing = [one for one in found if one.tone == "bad"]
    if not missing:
        if all(one.tone != "you" for one in found):
            desk.close_case(
                kind=CASE, subject_kind=SUBJECT, subject_id=account.pk, outcome="自检通过"
            )
        return
    said = "；".join(
        f"{one.words}：{one.verdict_words} {one.code} {one.text}".strip() for one in missing
    )
    desk.open_case(
        kind=CASE,
        subject_kind=SUBJECT,
        subject_id=account.pk,
        title=f"账户 {account.number[-4:]} 有银行服务未开通",
        company_id=account.company_id,
        severity="high",
        reason=said,
        next_step="联系开户行开通后重新自检",
        owner_role="admin",
        page="/bank/checks/",
    )
