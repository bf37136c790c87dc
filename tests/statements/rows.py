"""Rows these tests stand on: the master data a statement needs, and lines as a bank tells them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count

from kernel import clock
from masterdata.models import Bank, Company, Connection, OwnAccount
from statements.models import BankReceipt
from statements.rules import EntryLine
from statements.services import receipts

_serials = count(1)
DAY = date(2026, 11, 24)


def a_company(code="1010"):
    company, made = Company.objects.get_or_create(
        code=code, defaults={"name": f"示例公司{code}", "short_name": f"公司{code}", "path": "/"}
    )
    if made:
        company.path = f"/{company.pk}/"
        company.save()
    return company


def a_connection(**values):
    values = {"bank_slug": "boc", "endpoints": {"main": "http://127.0.0.1:1/"}, **values}
    return Connection.objects.create(name=f"中行前置机 {next(_serials)}", **values)


def an_account(number="440012345678", *, company=None, connection=None, **values):
    bank, _ = Bank.objects.get_or_create(
        prefix="104", defaults={"name": "中国银行", "name_en": "Bank of China", "slug": "boc"}
    )
    return OwnAccount.objects.create(
        company=company or a_company(),
        bank=bank,
        cnaps="104100000004",
        branch_name="中国银行上海市分行",
        branch_code=values.pop("branch_code", "40303"),
        number=number,
        name=values.pop("name", "示例贸易有限公司"),
        gl_subject="100201",
        connection=connection or a_connection(),
        is_direct_link=True,
        **values,
    )


def a_line(serial, amount, *, direction="debit", after=None, day=DAY, minute=0, **values):
    return EntryLine(
        bank_date=day,
        booked_at=datetime(day.year, day.month, day.day, 10, tzinfo=clock.SHANGHAI)
        + timedelta(minutes=minute),
        bank_serial=serial,
        direction=direction,
        amount=Decimal(amount),
        currency="CNY",
        balance_after=None if after is None else Decimal(after),
        **{"counterparty_name": "样例供应商", "counterparty_account": "1001000100200", **values},
    )


def a_receipt(account, number="HD1", *, day=DAY, file=None, gives_files=True, **values):
    """A receipt as a bank lists it, with its file where there is one."""
    line = receipts.ReceiptLine(receipt_no=number, day=day, **values)
    receipts.record_receipts(
        account_id=account.pk, days=[day], lines=[line], gives_files=gives_files
    )
    row = BankReceipt.objects.get(account=account, receipt_no=number)
    if file is not None:
        receipts.keep_file(receipt_id=row.pk, data=file, exchange_id=None)
        row.refresh_from_db()
    return row
