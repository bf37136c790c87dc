"""The book pages as people meet them: the book, vouchers, templates, months, imports, paper."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import reverse

from audit.models import Entry
from desk.models import ImportMapping
from ledger.models import JournalEntry, JournalOpening, Period, Voucher, VoucherTemplate
from ledger.services import openings, posting
from ledger.services.posting import Undoing
from masterdata.models import StagedChange
from masterdata.roles import Role
from tests.build import a_company, a_user, an_account
from tests.ledger.build import DAY, a_fact, a_template
from tests.ledger.test_journals import HEAD, ROWS


def signed_in(user):
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def account(db, frozen_clock):
    return an_account(company=a_company())


@pytest.fixture
def desk(account):
    return signed_in(a_user(Role.RECONCILER, company=account.company))


@pytest.fixture
def other(account):
    return signed_in(a_user(Role.RECONCILER, company=account.company))


@pytest.fixture
def booked(account):
    a_template()
    with transaction.atomic():
        (one,) = posting.post([a_fact(account)])
        openings.lay_down(
            account=account,
            day=date(2026, 11, 1),
            balance=Decimal("2000000.00"),
            source_note="十月账",
        )
    return one.voucher


def text(answer, status=200):
    assert answer.status_code == status, answer.content.decode()[:2000]
    return answer.content.decode()


class TestJournal:
    def test_shows_entries_daily_and_monthly_totals_and_balances(self, desk, account, booked):
        page = text(desk.get(reverse("ledger:journal", args=[account.pk]), {"month": "2026-11"}))

        for shown in (
            "付-0001",
            "2,000,000.00",
            "1,268,400.00",
            "731,600.00",
            "本日合计",
            "本月合计",
            "2202",
        ):
            assert shown in page

    def test_lists_every_account_s_book_with_its_balance(self, desk, account, booked):
        page = text(desk.get(reverse("ledger:books")))

        assert "731,600.00" in page
        assert "未设期初" not in page

    def test_names_gaps_in_the_voucher_numbers(self, desk, account):
        Period.objects.create(company=account.company, code="2026-11")
        for number in ("0001", "0003"):
            JournalEntry.objects.create(
                account=account, company_id=account.company_id, day=DAY, period="2026-11", direction="debit",
                amount=1, voucher_type="收", voucher_no=number, file_id=1, file_row=1, digest=number,
            )  # fmt: skip

        page = text(desk.get(reverse("ledger:journal", args=[account.pk]), {"month": "2026-11"}))

        assert "凭证号不连续" in page
        assert "收 0002" in page

    def test_of_another_company_is_not_there(self, desk):
        foreign = an_account(company=a_company())

        assert desk.get(reverse("ledger:journal", args=[foreign.pk])).status_code == 404

    def test_is_nothing_for_makers(self, account):
        maker = signed_in(a_user(Role.MAKER, company=account.company))

        assert maker.get(reverse("ledger:books")).status_code == 403

    def test_comes_as_a_workbook_with_real_numbers(self, desk, account, booked):
        answer = desk.get(
            reverse("ledger:journal_workbook", args=[account.pk]), {"month": "2026-11"}
        )

        import io

        import openpyxl

        sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
        rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=3)]
        assert rows[0][9] == 2000000
        assert rows[1][8:10] == [1268400, 731600]
        assert [row[2] for row in rows[-2:]] == ["本日合计", "本月合计"]

    def test_refuses_a_month_that_is_none(self, desk, account):
        assert (
            desk.get(reverse("ledger:journal", args=[account.pk]), {"month": "2026-13"}).status_code
            == 422
        )

    def test_its_opening_is_proposed_here_and_decided_by_another(self, desk, other, account):
        desk.post(
            reverse("ledger:opening", args=[account.pk]),
            {"day": "2026-11-01", "balance": "1,000.00", "source_note": "十月账"},
        )
        change = StagedChange.objects.get()
        assert "待复核" in text(desk.get(reverse("ledger:journal", args=[account.pk])))
        desk.post(reverse("ledger:change_decide", args=[change.pk]), {"decision": "accept"})
        assert not JournalOpening.objects.exists()

        other.post(reverse("ledger:change_decide", args=[change.pk]), {"decision": "accept"})

        assert JournalOpening.objects.get().balance == Decimal("1000.00")

    def test_entries_are_found_and_exported(self, desk, account, booked):
        page = text(desk.get(reverse("ledger:entries"), {"q": "18000001"}))

        assert "1,268,400.00" in page
        assert desk.get(reverse("ledger:entries"), {"export": "xlsx"}).status_code == 200


class TestVouchers:
    def test_are_listed_and_shown_with_both_sides_and_words(self, desk, booked):
        assert "付-0001" in text(desk.get(reverse("ledger:vouchers")))

        page = text(desk.get(reverse("ledger:voucher", args=[booked.pk])))

        for shown in (
            "2202",
            "1002.01",
            "人民币壹佰贰拾陆万捌仟肆佰元整",
            "供应商 V00001",
            "18000001",
        ):
            assert shown in page

    def test_are_reversed_by_two_people(self, desk, other, booked):
        desk.post(
            reverse("ledger:voucher_reverse", args=[booked.pk]),
            {"version": booked.version, "day": "2026-11-24", "why": "科目记错"},
        )
        red = Voucher.objects.get(reverses=booked)
        act = reverse("ledger:voucher_act", args=[red.pk, "post"])
        desk.post(act, {"version": red.version})
        red.refresh_from_db()
        assert red.state == "draft"

        other.post(act, {"version": red.version})

        booked.refresh_from_db()
        assert booked.state == "reversed"
        page = text(desk.get(reverse("ledger:voucher", args=[red.pk])))
        assert "（负）人民币壹佰贰拾陆万捌仟肆佰元整" in page

    def test_are_printed_in_black_and_white_with_a_count(self, desk, booked):
        url = reverse("ledger:voucher_print", args=[booked.pk])
        desk.get(url)

        page = text(desk.get(url))

        for shown in (
            "记账凭证",
            "附单据 0 张",
            "人民币壹佰贰拾陆万捌仟肆佰元整",
            "第 2 次打印",
            "出纳",
        ):
            assert shown in page
        assert Entry.objects.filter(event="ledger.voucher.printed").count() == 2

    def test_are_printed_as_pdf(self, desk, booked):
        pytest.importorskip("weasyprint", exc_type=OSError)

        answer = desk.get(reverse("ledger:voucher_print", args=[booked.pk]), {"format": "pdf"})

        assert answer["Content-Type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF")

    def test_of_another_company_are_not_there(self, booked):
        stranger = signed_in(a_user(Role.RECONCILER, company=a_company()))

        assert stranger.get(reverse("ledger:voucher", args=[booked.pk])).status_code == 404
        assert "付-0001" not in text(stranger.get(reverse("ledger:vouchers")))

    def test_red_ones_show_what_they_undo(self, desk, booked):
        with transaction.atomic():
            row = Voucher.objects.select_for_update().get(pk=booked.pk)
            posting.reverse([Undoing(row, DAY, "退票")])

        assert "已被红字凭证冲销" in text(desk.get(reverse("ledger:voucher", args=[booked.pk])))


class TestTemplates:
    def form(self, **changes):
        lines = [("debit", "2202", ""), ("credit", "{account_subject}", "on")]
        rows = {}
        for at, (side, subject, bank) in enumerate(lines):
            rows |= {
                f"form-{at}-side": side,
                f"form-{at}-subject": subject,
                f"form-{at}-figure": "amount",
            }
            rows |= {f"form-{at}-is_bank": bank} if bank else {}
        return {
            "event": "payment", "company": "", "subject": "", "name": "付款", "voucher_type": "付",
            "description": "付{counterparty_name}", "valid_from": "2026-11-24", "source_note": "财务制度",
            "form-TOTAL_FORMS": "8", "form-INITIAL_FORMS": "8", **rows, **changes,
        }  # fmt: skip

    def test_are_proposed_and_taken_into_force_by_another(self, desk, other, account):
        answer = desk.post(reverse("ledger:template_new"), self.form(company=account.company_id))
        assert answer.status_code == 302
        change = StagedChange.objects.get()
        assert "{account_subject}" in text(other.get(reverse("ledger:change", args=[change.pk])))

        other.post(reverse("ledger:change_decide", args=[change.pk]), {"decision": "accept"})

        row = VoucherTemplate.objects.get()
        assert len(row.lines["lines"]) == 2
        page = text(desk.get(reverse("ledger:template", args=[row.pk])))
        assert "提出新版本" in page
        assert text(desk.get(reverse("ledger:template_next", args=[row.pk])))
        assert "付款成功" in text(desk.get(reverse("ledger:templates")))

    def test_are_tried_on_an_example_before_they_are_proposed(self, desk, account):
        form = self.form(company=account.company_id, preview="1")

        page = text(desk.post(reverse("ledger:template_new"), form))

        assert "1,000.00" in page
        assert "江阴恒源化工有限公司" in page
        assert not StagedChange.objects.exists()

    def test_that_do_not_balance_say_so(self, desk, account):
        form = self.form(
            company=account.company_id,
            **{"form-1-side": "", "form-1-subject": "", "form-1-is_bank": ""},
        )
        form.pop("form-1-is_bank")
        form["form-1-figure"] = ""

        assert "凭证不能平衡" in text(desk.post(reverse("ledger:template_new"), form), 422)


class TestPeriods:
    def test_are_listed_and_lead_to_their_close(self, desk, account, booked):
        page = text(desk.get(reverse("ledger:periods")))

        assert "2026-11" in page
        assert reverse("reconciliation:close", args=[account.company_id, "2026-11"]) in page

    def test_that_are_locked_say_so_in_the_book(self, desk, account, booked):
        Period.objects.update(state="locked")

        page = text(desk.get(reverse("ledger:journal", args=[account.pk]), {"month": "2026-11"}))

        assert "已锁定" in page


class TestImport:
    def send(self, desk, account, body, name="journal.csv", **more):
        file = SimpleUploadedFile(name, body.encode("gb18030"))
        return desk.post(
            reverse("ledger:import"),
            {"file": file, "account": account.pk if account else "", **more},
        )

    def test_goes_from_upload_through_preview_to_entries_and_back(self, desk, account):
        answer = self.send(desk, account, HEAD + ROWS)
        page = text(desk.get(answer["Location"]))
        assert "确认导入 3 笔" in page
        act = answer["Location"]

        desk.post(f"{act}confirm/")
        assert JournalEntry.objects.count() == 3
        desk.post(f"{act}withdraw/", {"why": "导错账套"})

        assert JournalEntry.objects.count() == 6

    def test_shows_faults_by_row_and_column(self, desk, account):
        answer = self.send(desk, account, HEAD + "2026-02-30,付-1,a,1,,,,\n")

        page = text(desk.get(answer["Location"]))

        assert "日期「2026-02-30」不存在" in page
        assert "确认导入 " not in page

    def test_says_what_is_no_sheet_beside_the_field(self, desk, account):
        page = text(self.send(desk, account, "x", name="a.pdf"), 422)

        assert "只支持 .xlsx 与 .csv 文件" in page

    def test_unknown_headings_are_mapped_tried_and_saved(self, desk, account):
        answer = self.send(
            desk, account, "记账日,摘 述,进,出\n2026-11-20,收款,5.00,\n2026-11-20,付款,,2.00\n"
        )
        page = text(desk.get(answer["Location"]))
        assert "指定列映射" in page
        mapping = f"{answer['Location']}mapping/"
        assert "记账日" in text(desk.get(mapping))
        form = {
            "column-day": "记账日", "column-description": "摘 述", "column-money_in": "进", "column-money_out": "出",
            "header_row": "1", "name": "某 ERP 导出",
        }  # fmt: skip
        tried = text(desk.post(mapping, form | {"act": "try"}))
        assert "5.00" in tried
        assert not ImportMapping.objects.exists()

        desk.post(mapping, form | {"act": "save"})

        assert ImportMapping.objects.get().name == "某 ERP 导出"
        assert "确认导入 2 笔" in text(desk.get(answer["Location"]))

    def test_of_somebody_else_is_not_there(self, desk, other, account):
        answer = self.send(desk, account, HEAD + ROWS)

        assert other.get(answer["Location"]).status_code == 404
