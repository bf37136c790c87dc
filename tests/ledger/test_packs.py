"""The pack of GB/T 24589.1-2010: every posted line once, in order, whatever stands in it; asked for in a browser, made by a job."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from decimal import Decimal

import pytest
from django.db import transaction
from django.test import Client
from lxml import etree

from audit.models import Entry
from desk.models import Job
from kernel.errors import InvalidInput, NotFound
from ledger.audit_pack import Book, EntryLine, pack
from ledger.services import packs, posting
from ledger.services.posting import Undoing
from masterdata.roles import Role
from tests.build import a_company, a_user, an_account
from tests.ledger.build import a_fact, a_template

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def account(frozen_clock):
    return an_account(company=a_company())


@pytest.fixture
def accountant(account):
    return a_user(Role.RECEIPTS, company=account.company)


def opened(data: bytes) -> dict[str, str | etree._Element]:
    with zipfile.ZipFile(io.BytesIO(data)) as box:
        return {
            name: etree.fromstring(box.read(name)) if name.endswith(".xml") else box.read(name).decode()
            for name in box.namelist()
        }  # fmt: skip


def column(root, table, name):
    return [one.findtext(name) for one in root.iterchildren(table)]


class TestMake:
    def test_tells_every_posted_line_and_the_books_of_the_accounts(self, account, accountant):
        a_template()
        with transaction.atomic():
            (booked, _other) = posting.post(
                [a_fact(account), a_fact(account, key="payment:2", amount="12.30")], actor=None
            )
            posting.reverse([Undoing(booked.voucher, date(2026, 11, 25), "退票")])

        told = opened(packs.make(account.company, ["2026-11"]).data)

        ledger, common, journal = told["总账.xml"], told["公共档案.xml"], told["银行存款日记账.xml"]
        assert column(ledger, "记账凭证", "记账凭证行号") == ["1", "2"] * 3
        debits = column(ledger, "记账凭证", "借方原币金额")
        assert sum(map(Decimal, debits)) == Decimal("12.30")
        assert "-1268400.00" in debits
        assert column(common, "记账凭证类型", "记账凭证类型编号") == ["付"]
        assert column(common, "会计期间", "会计期间起始日期") == ["20261101"]
        assert column(journal, "日记账记录", "贷方金额") == ["1268400.00", "12.30", "-1268400.00"]
        assert "未公开" in told["说明.txt"]


class TestPack:
    def test_survives_what_xml_has_no_room_for(self):
        line = EntryLine(
            day=date(2026, 11, 1), period="2026-11", voucher_type="记", voucher_no="0001", line_no=1,
            description="<付>\x07&货款", subject="2202", currency="CNY", debit="1.00", credit="0.00",
        )  # fmt: skip
        book = Book(
            company_code="1", company_name="甲", uscc="", currency="CNY",
            first=date(2026, 11, 1), last=date(2026, 11, 30),
        )  # fmt: skip

        made = pack(book, lines=[line], journal=[])

        assert column(opened(made.data)["总账.xml"], "记账凭证", "记账凭证摘要") == ["<付>&货款"]
        assert (made.voucher_lines, made.journal_lines) == (1, 0)


class TestAsk:
    def test_is_made_by_a_job_and_leaves_a_trace(self, account, accountant):
        browser = Client()
        browser.force_login(accountant, backend="django.contrib.auth.backends.ModelBackend")
        given = {"company": account.company_id, "first": "2026-01", "last": "2026-11"}

        answer = browser.post("/ledger/vouchers/pack/", given)

        assert answer.status_code == 302
        assert packs.make_waiting() == 1
        job = Job.objects.get()
        assert (job.state, job.error) == ("done", "")
        result = browser.get(f"/jobs/{job.pk}/result/")
        assert "总账.xml" in opened(b"".join(result.streaming_content) if result.streaming else result.content)  # fmt: skip
        assert Entry.objects.filter(event="ledger.audit_pack.asked").count() == 1

    def test_is_for_those_who_see_the_books_and_months_of_one_year(self, account, accountant):
        stranger = a_user(Role.RECEIPTS, company=a_company())

        with pytest.raises(NotFound):
            packs.ask(
                company_id=account.company_id, first="2026-01", last="2026-02", actor=stranger
            )
        for first, last in (("2026-02", "2026-01"), ("2025-12", "2026-01"), ("x", "2026-01")):
            with pytest.raises(InvalidInput):
                packs.ask(company_id=account.company_id, first=first, last=last, actor=accountant)
