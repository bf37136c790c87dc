"""The calendar: read line by line, proposed as a whole year, decided by another person, and never for a day gone by."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.test import Client

from kernel import clock, seal
from kernel.errors import Conflict, InvalidInput, NotAllowed
from masterdata import selectors, working_days
from masterdata.models import CalendarDay, StagedChange
from masterdata.roles import Role
from masterdata.services import calendars
from masterdata.services.changes import decide_change
from tests.build import a_company, a_user

NOTICE = "2027/1/1 ~ 2027/1/3 休 元旦\n\n２０２７-02-06 班 春节\n2027-02-08 至 2027-02-12 休 春节"


@transaction.atomic
def special(day: date) -> None:
    """A holiday, as it stands where two people agreed on it before."""
    CalendarDay.objects.create(day=day, is_working_day=False)
    calendars.seal_years([day.year])


class TestSeal:
    @pytest.mark.parametrize(
        "behind",
        [
            "UPDATE masterdata_calendarday SET is_working_day = true WHERE day = '2026-10-01'",
            "DELETE FROM masterdata_calendarday WHERE day = '2026-10-01'",
            "INSERT INTO masterdata_calendarday (day, is_working_day, name, source_note) VALUES ('2026-11-24', false, '', '')",
            "INSERT INTO masterdata_calendarday (day, is_working_day, name, source_note) VALUES ('2031-11-24', false, '', '')",
            "UPDATE masterdata_calendaryear SET mac = repeat('0', 64)",
        ],
    )  # fmt: skip
    def test_a_calendar_altered_behind_the_platform_is_not_obeyed(self, db, behind):
        special(date(2026, 10, 1))
        selectors.forget_calendar()
        assert not selectors.calendar().is_working_day(date(2026, 10, 1))
        with connection.cursor() as cursor:
            cursor.execute(behind)
        selectors.forget_calendar()

        with pytest.raises(seal.SealBroken):
            selectors.calendar()
        selectors.forget_calendar()


class TestRead:
    def test_takes_spans_and_leaves_weekends_inside_a_holiday_out(self):
        found = working_days.read(NOTICE, 2027)

        assert [str(one) for one in found] == [
            "2027-01-01 休 元旦",
            "2027-02-06 班 春节",
            *(f"2027-02-{day:02} 休 春节" for day in range(8, 13)),
        ]

    @pytest.mark.parametrize(
        ("line", "words"),
        [
            ("元旦放假", "应写成"),
            ("2027-02-30 休", "没有这一天"),
            ("2026-12-31 休", "应是 2027 年"),
            ("2027-02-08 班", "本来就是工作日"),
            ("2027-03-01 ~ 2027-02-01 休", "15 天之内"),
        ],
    )
    def test_names_the_line_that_cannot_be(self, line, words):
        with pytest.raises(InvalidInput, match=words) as caught:
            working_days.read(f"2027-01-09 班\n{line}", 2027)

        assert (caught.value.field, caught.value.row) == ("days", 2)

    def test_takes_english_words(self):
        (one,) = working_days.read("2027-01-01 off New Year", 2027)

        assert (one.works, one.name) == (False, "New Year")

    @pytest.mark.parametrize("year", [2024, 2025, 2026])
    def test_reads_back_what_a_notice_says(self, year):
        days = working_days.published(year)

        assert working_days.read("\n".join(map(str, days)), year) == days
        assert any(one.works for one in days)


@pytest.fixture
def admins(db, frozen_clock):
    group = a_company("G")
    return a_user(Role.ADMIN, company=group), a_user(Role.ADMIN, company=group)


def propose(admins, text=NOTICE, year=2027):
    days = working_days.read(text, year)
    return calendars.propose_year(
        year=year, days=days, source_note="国办发明电〔2026〕7 号", actor=admins[0]
    )


class TestYear:
    def test_is_in_force_by_another_persons_word_only(self, admins):
        change = propose(admins)
        assert selectors.special_days(2027) == []
        with pytest.raises(NotAllowed):
            decide_change(change_id=change.pk, accept=True, actor=admins[0])

        decide_change(change_id=change.pk, accept=True, actor=admins[1])
        selectors.forget_calendar()

        assert selectors.calendar().next_working_day(date(2026, 12, 31)) == date(2027, 1, 4)
        assert selectors.calendar().is_working_day(date(2027, 2, 6))
        assert selectors.calendar_sources(2027) == ["国办发明电〔2026〕7 号"]

    def test_leaves_other_years_alone(self, admins):
        special(date(2026, 12, 31))

        decide_change(change_id=propose(admins).pk, accept=True, actor=admins[1])

        assert CalendarDay.objects.filter(day__year=2026).count() == 1

    def test_never_changes_a_day_gone_by(self, admins):
        with pytest.raises(InvalidInput, match="已过去"):
            propose(admins, f"{clock.today().year}-01-01 休 元旦", clock.today().year)

    def test_refuses_what_was_overtaken(self, admins):
        change = propose(admins)
        special(date(2027, 5, 3))

        with pytest.raises(Conflict, match="已被修改"):
            decide_change(change_id=change.pk, accept=True, actor=admins[1])

    @pytest.mark.parametrize("role", [Role.MAKER, Role.RELEASER, Role.AUDITOR])
    def test_is_proposed_by_administrators_of_every_company(self, admins, role):
        stranger = a_company("X")

        for actor in (a_user(role, company=stranger), admins[0]):
            with pytest.raises(NotAllowed):
                propose((actor,))


class TestPages:
    def test_show_a_year_and_what_is_missing(self, admins, frozen_clock):
        client = Client()
        client.force_login(admins[0])
        propose(admins)

        page = client.get("/masterdata/calendar/?year=2027").content.decode()

        assert "待复核" in page
        assert "年的放假安排尚未录入" in page
        assert client.get("/masterdata/calendar/?year=1999").status_code == 404

    def test_the_workspace_of_an_administrator_tells_it_in_december(self, admins, frozen_clock):
        special(date(2026, 10, 1))
        client = Client()
        client.force_login(admins[0])

        with clock.fixed(clock.now()):
            before = client.get("/").content.decode()
        with clock.fixed(clock.now() + timedelta(days=10)):
            client.force_login(admins[0])
            in_december = client.get("/").content.decode()

        assert "放假安排未录入" not in before
        assert "放假安排未录入" in in_december

    def test_propose_from_the_published_notice_and_show_the_difference(self, admins, frozen_clock):
        client = Client()
        client.force_login(admins[0])
        assert (
            "2026-10-01 休 国庆节" in client.get("/masterdata/calendar/2026/edit/").content.decode()
        )
        wrong = client.post("/masterdata/calendar/2027/edit/", {"days": "x", "source_note": "通知"})

        answer = client.post(
            "/masterdata/calendar/2027/edit/", {"days": NOTICE, "source_note": "通知"}
        )

        assert wrong.status_code == 422
        assert "第 1 行" in wrong.content.decode()
        page = client.get(answer.url).content.decode()
        assert StagedChange.objects.get().kind == calendars.KIND
        assert "2027-02-06" in page
        assert "班 春节" in page
