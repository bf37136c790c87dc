"""Receipts in any state, walked there through the real services."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import count

from django.db import transaction

from kernel import clock
from ledger.rules import Template, TemplateLine
from ledger.services import templates
from ledger.services.templates import TemplateDraft
from masterdata.models import Company, Counterparty, OwnAccount, User
from masterdata.roles import Role
from masterdata.services import strategy
from receipts.models import ArrivalNotice, Receivable, SalesOffice
from receipts.services import arriving, booking, offices, reviewing, supplementing
from receipts.services.supplementing import Line, Said
from receipts.topics import Receiving
from statements.rules import EntryLine
from statements.services import record_entries
from tests.build import a_company, a_user, an_account

_serials = count(1)
RECEIPT = Template(
    event="receipt",
    voucher_type="收",
    description="收{counterparty_name} {invoice_no}",
    lines=(
        TemplateLine(side="debit", subject="{account_subject}", is_bank=True),
        TemplateLine(side="debit", subject="6603", figure="fee"),
        TemplateLine(
            side="credit",
            subject="{customer_subject}",
            figure="amount+fee",
            customer="{counterparty_code}",
            cash_flow_item="{cash_flow_item}",
        ),
    ),
)
CLEARED = Template(
    event="suspense_cleared",
    voucher_type="转",
    description="认领{counterparty_name}",
    lines=(
        TemplateLine(side="debit", subject="{suspense_subject}"),
        TemplateLine(side="debit", subject="6603", figure="fee"),
        TemplateLine(
            side="credit",
            subject="{customer_subject}",
            figure="amount+fee",
            customer="{counterparty_code}",
        ),
    ),
)
NO_RECEIPT = replace(RECEIPT, lines=())  # such events are not booked


@dataclass
class World:
    """One company with an account, its people, and customers."""

    company: Company
    account: OwnAccount
    clerk: User
    other_clerk: User
    accountant: User
    other_accountant: User
    customer: Counterparty
    other_customer: Counterparty

    def arrive(self, amount: str = "1000.00", **values: object) -> ArrivalNotice:
        """A credit is told by the bank and gets its notice."""
        line = a_credit(amount, **values)
        record_entries(account_id=self.account.pk, lines=[line])
        arriving.take_arrivals()
        return ArrivalNotice.objects.get(bank_serial=line.bank_serial)

    def said(self, notice: ArrivalNotice, **values: object) -> Said:
        """A supplement for one customer."""
        line = Line(amount=notice.amount, subject="1122", customer_code=self.customer.code)
        return Said(**{"lines": [line], **values})

    def supplemented(self, notice: ArrivalNotice, said: Said | None = None) -> ArrivalNotice:
        """Claimed and supplemented by the clerk."""
        claimed = supplementing.claim(notice_id=notice.pk, actor=self.clerk)
        supplementing.submit(
            notice_id=notice.pk,
            version=claimed.version,
            said=said or self.said(notice),
            actor=self.clerk,
        )
        return fresh(notice)

    def approved(self, notice: ArrivalNotice, said: Said | None = None) -> ArrivalNotice:
        """… and reviewed by the accountant."""
        waiting = self.supplemented(notice, said)
        reviewing.approve(notice_id=notice.pk, version=waiting.version, actor=self.accountant)
        return fresh(notice)

    def booked(self, *notices: ArrivalNotice) -> None:
        """… and booked."""
        run = booking.book(notice_ids=[one.pk for one in notices], actor=self.accountant)
        assert run.refused == 0, [line.error for line in run.lines.all()]

    def decide(self, **values: object) -> None:
        """What the company's strategy says about receipts."""
        with transaction.atomic():
            strategy.decide_once(Receiving, values, company=self.company, source_note="测试")


def fresh(notice: ArrivalNotice) -> ArrivalNotice:
    return ArrivalNotice.objects.get(pk=notice.pk)


def a_credit(amount: str = "1000.00", **values: object) -> EntryLine:
    return EntryLine(
        **{
            "bank_date": clock.today(),
            "booked_at": clock.now(),
            "bank_serial": f"C{next(_serials):08d}",
            "direction": "credit",
            "amount": Decimal(amount),
            "currency": "CNY",
            "counterparty_name": "上海远东纺织进出口有限公司",
            "counterparty_account": "448173920561",
            "narrative": "货款",
            **values,
        }
    )


def a_customer(name: str = "上海远东纺织进出口有限公司", code: str = "") -> Counterparty:
    return Counterparty.objects.create(
        code=code or f"C{next(_serials):05d}", name=name, kind="customer"
    )


def a_receivable(
    world: World, number: str, amount: str, *, customer: Counterparty | None = None, day: int = 1
) -> Receivable:
    return Receivable.objects.create(
        company=world.company,
        customer=customer or world.customer,
        invoice_no=number,
        amount=Decimal(amount),
        open_amount=Decimal(amount),
        issued_on=date(2026, 10, day),
    )


def an_office(world: World, **values: object) -> SalesOffice:
    """An office of the company whose clerk is the first one."""
    said = {
        "company_id": world.company.pk,
        "code": f"BSC{next(_serials):03d}",
        "name": "上海办事处",
        "account_id": world.account.pk,
        "card_number": "6222020200112233",
        "card_holder": "唐伟",
        "partner_code": "",
        "customer_codes": [world.customer.code],
        "people": [world.clerk.pk],
        "is_active": True,
        "office_id": None,
    }
    with transaction.atomic():
        return offices.write(said | values)


def lay_down_templates(*which: Template) -> None:
    """Templates of receipts for the whole group; newer ones take the place of what stands."""
    for one in which or (RECEIPT, CLEARED):
        with transaction.atomic():
            templates.lay_down(
                TemplateDraft(
                    template=one, name="收款", valid_from=date(2020, 1, 1), source_note="测试"
                )
            )


def a_world() -> World:
    company = a_company(name="样例集团有限公司")
    lay_down_templates()
    return World(
        company=company,
        account=an_account(company=company),
        clerk=a_user(Role.CLERK, company=company),
        other_clerk=a_user(Role.CLERK, company=company),
        accountant=a_user(Role.RECEIPTS, company=company),
        other_accountant=a_user(Role.RECEIPTS, company=company),
        customer=a_customer(),
        other_customer=a_customer("杭州云峰电子商务有限公司"),
    )
