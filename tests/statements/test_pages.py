"""The statement pages as people meet them: files previewed, mapped and taken in; the calendar of an account's days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from desk.models import ImportMapping
from masterdata.roles import Role
from statements.models import BankStatement, DayClose, StatementEntry
from tests.build import a_company, a_user
from tests.statements.files import E
from tests.statements.rows import an_account
from tests.statements.test_files import DAY, NUMBER, a_camt, take

MONTH = {"month": "2026-11"}


def signed_in(user):
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def account(db, frozen_clock):
    return an_account(NUMBER)


@pytest.fixture
def person(account):
    return a_user(Role.RECONCILER, company=account.company)


@pytest.fixture
def desk(person):
    return signed_in(person)


def text(answer, status=200):
    assert answer.status_code == status, answer.content.decode()[:2000]
    return answer.content.decode()


def send(desk, body, name="statement.xml", **more):
    file = SimpleUploadedFile(name, body.encode() if isinstance(body, str) else body)
    return desk.post(reverse("statements:import"), {"file": file, "account": "", **more})


class TestUpload:
    def test_goes_through_a_preview_to_entries(self, desk, account):
        where = send(desk, a_camt("250.00", "-50.00"))["Location"]
        page = text(desk.get(where))
        for shown in ("1,000.00", "250.00", "50.00", "1,200.00", "camt.053", "确认导入"):
            assert shown in page
        assert not StatementEntry.objects.exists()

        desk.post(f"{where}confirm/")

        assert StatementEntry.objects.count() == 2
        assert "已导入的对账单" in text(desk.get(where))

    def test_wants_a_reason_where_the_statement_does_not_add_up(self, desk, account):
        where = send(desk, a_camt("250.00", closing="1300.00"))["Location"]
        page = text(desk.get(where))
        assert "相差 -50.00" in page
        assert "对账单有不符之处" in page

        desk.post(f"{where}confirm/")
        assert not BankStatement.objects.exists()
        desk.post(f"{where}confirm/", {"why": "银行已确认期末有误"})

        assert BankStatement.objects.get().findings[0][0] == "sum"

    def test_maps_a_sheet_with_unknown_headings(self, desk, account):
        body = "哪天,序列,进来,出去,对面\n2026-11-20,A1,5.00,,甲\n2026-11-20,A2,,2.00,乙\n"
        where = send(desk, body, "export.csv", account=account.pk)["Location"]
        assert "指定列映射" in text(desk.get(where))
        form = {
            "column-bank_date": "哪天", "column-bank_serial": "序列", "column-money_in": "进来",
            "column-money_out": "出去", "column-counterparty_name": "对面", "header_row": "1",
            "name": "某行网银", "act": "save",
        }  # fmt: skip

        desk.post(f"{where}mapping/", form)
        desk.post(f"{where}confirm/")

        assert ImportMapping.objects.get().name == "某行网银"
        assert {e.counterparty_name for e in StatementEntry.objects.all()} == {"甲", "乙"}

    def test_says_row_and_column_of_what_cannot_be_read(self, desk, account):
        body = "交易日期,流水号,收入,支出\n2026-11-31,A1,5.00,\n"
        where = send(desk, body, "export.csv", account=account.pk)["Location"]

        page = text(desk.get(where))

        assert "日期「2026-11-31」不存在" in page
        assert "全部正确才会导入" in page

    def test_refuses_a_file_of_an_account_that_is_not_ours_beside_the_field(self, desk, account):
        foreign = an_account("440099999999", company=a_company())

        page = text(send(desk, a_camt("1.00", account=foreign.number)), 422)

        assert "不是您可导入的本单位账户" in page

    def test_of_somebody_else_is_not_there(self, desk, account):
        where = send(desk, a_camt("1.00"))["Location"]
        other = signed_in(a_user(Role.RECONCILER, company=account.company))

        assert other.get(where).status_code == 404

    def test_dropped_it_may_come_again(self, desk, account):
        where = send(desk, a_camt("1.00"))["Location"]

        assert desk.post(f"{where}drop/")["Location"] == reverse("statements:import")
        assert send(desk, a_camt("1.00")).status_code == 302


class TestContinuity:
    def test_shows_each_day_with_its_balances_and_state(self, desk, account, person):
        take(person, a_camt("250.00", "-50.00"))

        page = text(desk.get(reverse("statements:continuity_account", args=[account.pk]), MONTH))

        for shown in ("2026-11-20", "1,000.00", "1,200.00", 'data-state="complete"'):
            assert shown in page

    def test_names_the_days_nobody_told(self, desk, account, person):
        take(person, a_camt("250.00"))

        overview = text(desk.get(reverse("statements:continuity"), MONTH))
        page = text(desk.get(reverse("statements:continuity_account", args=[account.pk]), MONTH))

        assert "未取得这一天的明细" in page
        missing = (date(2026, 11, 23) - DAY).days
        assert f'<span class="tag" data-tone="bad">{missing}</span>' in overview

    def test_keeps_both_versions_of_an_amended_entry_in_sight(self, desk, account, person):
        take(person, a_camt(E("250.00", "S1", day=str(DAY))))
        again = a_camt(E("250.00", "S1", day=str(DAY), said="更正后的摘要"))
        take(person, again, "again.xml", why="银行更正")

        page = text(desk.get(reverse("statements:continuity_account", args=[account.pk]), MONTH))

        for shown in ("银行更正过的明细", "货款", "更正后的摘要", 'data-state="amended"'):
            assert shown in page

    def test_calls_today_provisional(self, desk, account, person, frozen_clock):
        today = DAY + timedelta(days=4)
        take(person, a_camt("1.00", day=today))

        assert DayClose.objects.get().status == "provisional"
        page = text(desk.get(reverse("statements:continuity_account", args=[account.pk]), MONTH))
        assert 'data-state="provisional"' in page

    def test_of_another_company_is_not_there(self, desk):
        foreign = an_account("440099999999", company=a_company())

        url = reverse("statements:continuity_account", args=[foreign.pk])
        assert desk.get(url).status_code == 404
        assert foreign.number[-4:] not in text(desk.get(reverse("statements:continuity")))

    @pytest.mark.parametrize("month", ["2026-13", "abc", "2026-1"])
    def test_refuses_what_is_no_month(self, desk, account, month):
        assert desk.get(reverse("statements:continuity"), {"month": month}).status_code == 422
