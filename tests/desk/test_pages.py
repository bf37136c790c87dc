"""The list page on real rows: keyset both ways, sorts, totals, exports; and the desk's one-time tokens and cases."""

from __future__ import annotations

import io
from datetime import timedelta
from decimal import Decimal

import openpyxl
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from desk import exports, formats, pages, selectors, services
from desk.filters import AmountRangeFilter, DateRangeFilter, TextFilter, as_amount
from desk.models import ExceptionCase, Job
from desk.pages import ListPage, picked_ids
from desk.rows import Column
from kernel import clock
from kernel.errors import Conflict, InvalidInput
from kernel.scope import Scope

pytestmark = pytest.mark.django_db
SCOPE = Scope(1, "测试", frozenset({1}))


class Cases(ListPage):
    key, title, order = "test.cases", "异常", "-opened_at"
    columns = (
        Column("title", "事项", sort="title"),
        Column("opened_at", "时间", kind="datetime", sort="opened_at"),
    )
    filters = (TextFilter("q", "搜索", fields=("title",)),)

    def base(self, scope):
        return selectors.open_cases(scope)


@pytest.fixture
def many(frozen_clock):
    start = clock.now()
    for at in range(57):  # ties on purpose: the id breaks them
        case = services.open_case(
            kind="k", subject_kind="s", subject_id=at, title=f"=事项{at % 9}", company_id=1
        )
        ExceptionCase.objects.filter(pk=case.pk).update(
            opened_at=start + timedelta(minutes=at // 5)
        )
    services.open_case(kind="k", subject_kind="s", subject_id="x", title="别家的", company_id=2)


def walk(given):
    seen, trail, cursor = [], [], None
    while True:
        page = Cases(scope=SCOPE, given={**given, **({"after": cursor} if cursor else {})})
        piece = page.slice()
        seen += [row["pk"] for row in piece.rows]
        trail.append(piece)
        if not piece.next:
            return seen, trail
        cursor = piece.next


@pytest.mark.usefixtures("many")
class TestListPage:
    @pytest.mark.parametrize("sort", ["", "title", "-title", "opened_at"])
    def test_walks_every_row_once_in_order(self, sort):
        seen, trail = walk({"size": "20", "sort": sort})

        name = (sort or "-opened_at").lstrip("-")
        order = [("-" if (sort or "-").startswith("-") else "") + part for part in (name, "pk")]
        assert seen == list(
            selectors.open_cases(SCOPE).order_by(*order).values_list("pk", flat=True)
        )
        assert len(seen) == 57
        assert not trail[0].previous

    def test_goes_back_to_the_page_it_came_from(self):
        _seen, trail = walk({"size": "20"})

        back = Cases(scope=SCOPE, given={"size": "20", "before": trail[2].previous}).slice()

        assert [row["pk"] for row in back.rows] == [row["pk"] for row in trail[1].rows]
        assert back.previous
        assert back.next

    def test_compares_rows_and_never_skips_by_offset(self):
        _seen, trail = walk({"size": "20"})

        with CaptureQueriesContext(
            connection,
        ) as queries:
            Cases(scope=SCOPE, given={"size": "20", "after": trail[0].next}).slice()

        sql = queries[0]["sql"]
        assert '("desk_exceptioncase"."opened_at", "desk_exceptioncase"."id") <' in sql
        assert "OFFSET" not in sql

    def test_shows_the_first_page_for_a_mangled_cursor_or_unknown_sort(self):
        page = Cases(scope=SCOPE, given={"after": "!!", "sort": "reason; drop table"})

        assert len(page.slice().rows) == 50
        assert page.sort == "-opened_at"

    def test_counts_up_to_the_cap(self, monkeypatch):
        monkeypatch.setattr(pages, "COUNT_CAP", 10)

        context = Cases(scope=SCOPE, given={}).context()

        assert (context["count"], context["is_capped"]) == ("10+", True)

    def test_is_empty_for_a_viewer_without_companies(self):
        context = Cases(scope=Scope(1, "无", frozenset()), given={}).context()

        assert (context["row_count"], context["count"]) == (0, "0")

    def test_escapes_what_people_typed(self):
        services.open_case(
            kind="k", subject_kind="s", subject_id="h", title="<script>x</script>", company_id=1
        )

        html = Cases(scope=SCOPE, given={"q": "script"}).context()["rows_html"]

        assert "<script>" not in html
        assert "&lt;script&gt;" in html

    def test_exports_every_filtered_row_with_formulas_disarmed(self):
        data = exports.workbook(Cases(scope=SCOPE, given={"q": "事项3", "size": "20"}))

        rows = list(openpyxl.load_workbook(io.BytesIO(data)).active.iter_rows(values_only=True))
        assert "事项3" in rows[0][0]
        assert "测试" in rows[0][0]
        assert len(rows) - 2 == selectors.open_cases(SCOPE).filter(title__contains="事项3").count()
        assert rows[2][0] == "'=事项3"

    def test_a_long_export_is_a_job_that_says_how_far_it_is(self, monkeypatch, django_user_model):
        monkeypatch.setattr(exports, "INLINE_MAX", 10)
        monkeypatch.setattr(exports, "CHUNK", 20)
        person = django_user_model.objects.create(username="wang")
        answer = exports.respond(Cases(scope=SCOPE, given={"size": "20"}), user_id=person.pk)
        job = Job.objects.get()

        assert exports.run(job_id=job.pk)

        job.refresh_from_db()
        assert answer.url == f"/jobs/{job.pk}/"
        assert (job.done, job.total, job.state) == (57, 57, "done")
        rows = openpyxl.load_workbook(io.BytesIO(selectors.result_of(job))).active.max_row
        assert rows == 59


class TestUseToken:
    def test_gives_the_first_result_at_the_second_click(self):
        token = services.issue_token(user_id=7, purpose="release", digest="d")
        with transaction.atomic():
            assert services.use_token(token=token, user_id=7, purpose="release", digest="d") is None
            services.remember_result(token=token, result={"instr_no": "Y1"})

        with transaction.atomic():
            again = services.use_token(token=token, user_id=7, purpose="release", digest="d")

        assert again == {"instr_no": "Y1"}

    @pytest.mark.parametrize(
        "wrong", [{"user_id": 8}, {"purpose": "check"}, {"digest": "e"}, {"token": "none"}]
    )
    def test_refuses_another_person_purpose_or_content(self, wrong):
        token = services.issue_token(user_id=7, purpose="release", digest="d")
        given = {"token": token, "user_id": 7, "purpose": "release", "digest": "d"}

        with pytest.raises(Conflict), transaction.atomic():
            services.use_token(**{**given, **wrong})


class TestOpenCase:
    def test_opens_one_case_for_a_subject_until_it_is_closed(self):
        first = services.open_case(kind="a", subject_kind="b", subject_id=1, title="旧")
        second = services.open_case(kind="a", subject_kind="b", subject_id=1, title="新")
        services.close_case(kind="a", subject_kind="b", subject_id=1, outcome="已处理")
        third = services.open_case(kind="a", subject_kind="b", subject_id=1, title="再次")

        assert first.pk == second.pk != third.pk
        assert ExceptionCase.objects.get(pk=first.pk).title == "新"


class TestStoreFile:
    def test_takes_the_same_bytes_once_per_purpose(self, django_user_model):
        person = django_user_model.objects.create(username="a")
        first = services.store_file(purpose="p", name="a.csv", data=b"1,2", user_id=person.pk)

        with pytest.raises(services.SameFile):
            services.store_file(purpose="p", name="b.csv", data=b"1,2", user_id=person.pk)

        assert selectors.file_content(first) == b"1,2"
        assert b"1,2" not in bytes(first.content)


class TestJobs:
    def test_keeps_the_result_sealed_and_tells_its_owner(self, django_user_model):
        person = django_user_model.objects.create(username="a")
        job = services.start_job(kind="export", title="导出", user_id=person.pk, total=3)

        assert services.claim_job(job_id=job.pk)
        assert not services.claim_job(job_id=job.pk)
        services.finish(job_id=job.pk, result_name="x.xlsx", result=b"file")

        done = Job.objects.get(pk=job.pk)
        assert (done.state, done.percent, selectors.result_of(done)) == ("done", 100, b"file")
        assert selectors.unread_count(user_id=person.pk) == 1


def test_figures_and_accounts_read_as_the_trade_writes_them():
    assert formats.money_text(Decimal("1268400")) == "1,268,400.00"
    assert formats.money_text(None) == "—"
    assert "money--minus" in formats.money_html(Decimal("-1"))
    assert formats.masked_account("31050161393600000123") == "3105 **** 0123"
    assert formats.grouped_account("455912345678901") == "4559 1234 5678 901"


def test_picked_ids_come_once_each():
    assert picked_ids({"ids": "3,1,3,x"}) == [3, 1]


def test_more_ticked_rows_than_one_act_takes_are_refused_not_dropped():
    with pytest.raises(InvalidInput):
        picked_ids({"ids": ",".join(map(str, range(pages.PICKED_MAX + 1)))})


class TestRanges:
    DAYS = DateRangeFilter("on", "日期", "opened_at", moments=True)
    SUMS = AmountRangeFilter("amount", "金额")

    @pytest.mark.parametrize("given", [{"on_from": "2026-13-01"}, {"on_from": "2026-01-01", "on_to": "gestern"}])  # fmt: skip
    def test_what_is_no_day_finds_nothing_and_says_so(self, many, given):
        rows = self.DAYS.apply(selectors.open_cases(SCOPE), given)

        assert list(rows) == []
        assert "（无法识别）" in self.DAYS.chip(given, SCOPE)

    def test_what_is_no_amount_finds_nothing_and_says_so(self, many):
        given = {"amount_from": "1千", "amount_to": "5"}

        assert list(self.SUMS.apply(selectors.open_cases(SCOPE), given)) == []
        assert self.SUMS.chip(given, SCOPE) == "1千（无法识别） ~ 5.00"

    @pytest.mark.parametrize("text", ["１，２３４．５", "¥1,234.50", "1 234.5 元"])
    def test_amounts_are_read_as_people_write_them(self, text):
        assert as_amount(text) == Decimal("1234.50")
