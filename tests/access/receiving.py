"""Receipts and reconciliation on the stage: notices in every state, an office, a schedule, matches, a signed statement."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction

from kernel import clock
from ledger.models import Period
from ledger.services import periods
from masterdata.models import StagedChange
from masterdata.roles import Role
from receipts.models import ArrivalNotice, BookingRun
from receipts.services import booking, offices, payers, receivables, schedules, supplementing
from receipts.services.offices import OfficeDraft
from reconciliation.models import ClosePack, MatchLine
from reconciliation.services import closing
from tests import build
from tests.access.books import Kept
from tests.receipts import build as receipts
from tests.reconciliation.build import Told, bank_lines, book_lines
from tests.reconciliation.signing import begin, match, prepare, tell


def lay_down(world: Any) -> Kept:
    """What the pages of receipts and reconciliation are asked for, on accounts of their own."""
    return _receipts(world) | _matches(world) | _statements(world) | _closes(world)


def _receipts(world: Any) -> Kept:
    account = build.an_account(company=world.company)
    clerk, other = (build.a_user(Role.CLERK, company=world.company) for _ in range(2))
    accountant, reviewer = (build.a_user(Role.RECEIPTS, company=world.company) for _ in range(2))
    receipts.lay_down_templates()
    stage = receipts.World(
        world.company, account, clerk, other, accountant, reviewer, receipts.a_customer("甲客户"), receipts.a_customer("乙客户"),
    )  # fmt: skip
    stage.arrive()
    claimed = stage.arrive("1100.00")
    supplementing.claim(notice_id=claimed.pk, actor=clerk)
    stage.supplemented(stage.arrive("1200.00"))
    stage.approved(stage.arrive("1300.00"))
    booked = stage.approved(stage.arrive("1400.00"))
    booking.book(notice_ids=[booked.pk], actor=accountant)
    office = receipts.an_office(stage)
    said = {
        "office_id": office.pk, "title": "取数", "times": ["10:00"], "days": "every", "valid_from": "2026-01-01",
        "valid_to": None, "is_active": True, "schedule_id": None, "rule": "fetch",
    }  # fmt: skip
    with transaction.atomic():
        plan = schedules.write(said)
    draft = OfficeDraft(company_id=world.company.pk, code="B77", name="北京办事处")
    change = offices.propose(draft=draft, actor=accountant)
    list_of_invoices = receivables.preview_file(
        data=f"公司代码,客户编码,发票号,金额,未付金额,开票日期,合同号\n{world.company.code},{stage.customer.code},INV-1,5.00,,2026-10-01,".encode("gb18030"),
        filename="open.csv", actor=accountant,
    )  # fmt: skip
    return {
        "notice_no": sorted(
            ArrivalNotice.objects.filter(account=account).values_list("state", "notice_no")
        ),
        "payer_key_id": [("", _proven(stage))],
        "receivables_file_id": [(str(accountant.pk), list_of_invoices.pk)],
        "booking_id": [("", BookingRun.objects.get().pk)],
        "office_id": [("", office.pk)],
        "collection_id": [("", plan.pk)],
        "office_change_id": [("", change.pk)],
    }


def _proven(stage: receipts.World) -> int:
    """Somebody who pays for a customer, with the proof of it."""
    said = {
        "kind": "name",
        "value": "代付某某有限公司",
        "customer_code": stage.customer.code,
        "why": "来函",
    }
    mark = payers.write(**said, actor=stage.accountant)
    return int(payers.prove(key_id=mark.pk, name="p.pdf", data=b"x", actor=stage.accountant).pk)


def _matches(world: Any) -> Kept:
    """One match by hand on the account everything else is about."""
    person = build.a_user(Role.RECONCILER, company=world.company)
    bank = bank_lines(world.account, Told("777.00", 5))
    book = book_lines(world.account, Told("777.00", 5))
    act = match(world.account, person, bank, book)
    number = MatchLine.objects.filter(account_id=world.account.pk).values_list(
        "match_no", flat=True
    )
    return {"act_id": [("", act.pk)], "match_no": [("", next(iter(number)))]}


def _statements(world: Any) -> Kept:
    """A statement somebody prepared, waiting for the other's signature."""
    account = build.an_account(company=world.company)
    person = build.a_user(Role.RECONCILER, company=world.company)
    begin(account, book="500.00", bank="500.00")
    day = clock.today().replace(day=20)
    tell(account, date(2026, 11, 19), "500.00")
    tell(account, day, "500.00")
    return {"statement_id": [("prepared", prepare(account, person, day).pk)]}


def _closes(world: Any) -> Kept:
    """A month that was closed and archived, and one somebody asks to close."""
    asking, agreeing = (build.a_user(Role.RECONCILER, company=world.company) for _ in range(2))

    @transaction.atomic
    def ask(month: str) -> StagedChange:
        periods.ensure([(world.company.pk, month)])
        period = Period.objects.select_for_update().get(company=world.company, code=month)
        return periods.stage(period=period, kind=periods.LOCK, actor=asking, why="已核对")

    closed, waiting = ask("2026-08"), ask("2026-09")
    with transaction.atomic():
        change = periods.settle(change_id=closed.pk, accept=True, actor=agreeing)
        period = Period.objects.select_for_update().get(pk=int(change.subject_id))
        periods.apply(period=period, change=change, actor=agreeing)
    assert closing.archive_due() == 1
    return {
        "pack_id": [("", ClosePack.objects.get().pk)],
        "close_change_id": [("", waiting.pk)],
    }
