"""The matching desk as people meet it over HTTP: lines, proposals, acts, the voucher a line lacks, what others did."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from kernel.errors import Conflict
from masterdata.roles import Role
from masterdata.selectors import scope_of
from reconciliation import selectors
from reconciliation.models import MatchLine, Proposal
from reconciliation.services import matching, refusing, running
from tests.build import a_company, a_user, an_account
from tests.reconciliation.build import DAY, Told, bank_lines, book_lines, both, limit_alone

pytestmark = pytest.mark.django_db(transaction=True)


def signed_in(user):
    """A browser of this person."""
    client = Client(headers={"Accept": "application/json"})
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def account(frozen_clock):
    return an_account(company=a_company())


@pytest.fixture
def people(account):
    return [a_user(Role.RECONCILER, company=account.company) for _ in range(2)]


@pytest.fixture
def desk(people):
    return signed_in(people[0])


@pytest.fixture
def other(people):
    return signed_in(people[1])


def at(name, account, *more):
    """An address of the account's desk."""
    return reverse(f"reconciliation:{name}", args=[account.pk, *more])


def ids(lines):
    """As a desk posts them."""
    return ",".join(str(one) for one in lines)


class TestLines:
    def test_are_the_open_ones_of_both_sides_oldest_first(self, account, desk, people):
        bank, book = both(
            account, [Told(day=2, name="恒通"), Told("7.00", day=1, outgo=False), Told("9.00")]
        )
        matching.confirm(
            account_id=account.pk, part=matching.Part((bank[0],), (book[0],)), actor=people[0]
        )

        told = desk.get(at("lines", account)).json()

        assert [(one[0], one[2], one[3]) for one in told["bank"]] == [
            (bank[2], 0, "9.00"),
            (bank[1], 1, "7.00"),
        ]
        assert [one[0] for one in told["book"]] == [book[2], book[1]]
        assert told["act"] == selectors.acts_of(account.pk, scope=scope_of(people[0])).first().pk

    def test_are_of_the_days_asked_for(self, account, desk):
        bank, _ = both(account, [Told(day=0), Told(day=3)])

        told = desk.get(
            at("lines", account), {"first": DAY.isoformat(), "last": DAY.isoformat()}
        ).json()

        assert [one[0] for one in told["bank"]] == bank[:1]
        assert desk.get(at("lines", account), {"first": "gestern"}).status_code == 422

    def test_of_another_company_look_absent(self, account):
        stranger = signed_in(a_user(Role.RECONCILER, company=a_company()))

        for name in ("lines", "news", "proposals", "acts", "desk", "matches"):
            assert stranger.get(at(name, account)).status_code == 404


class TestMatch:
    def test_matches_what_was_chosen_and_can_be_undone(self, account, desk):
        bank, book = both(account, [Told("60.00"), Told("40.00")])

        told = desk.post(at("match", account), {"bank": ids(bank), "book": ids(book)}).json()

        assert "银行 2 笔" in told["said"]
        assert desk.get(at("lines", account)).json()["bank"] == []
        assert "已撤销" in desk.post(at("undo", account), {"act": told["act"]}).json()["said"]
        assert len(desk.get(at("lines", account)).json()["bank"]) == 2

    def test_of_a_stale_choice_says_so_and_changes_nothing(self, account, desk, other):
        bank, book = both(account, [Told(), Told()])
        desk.post(at("match", account), {"bank": ids(bank[:1]), "book": ids(book[:1])})

        answer = other.post(at("match", account), {"bank": ids(bank), "book": ids(book)})

        assert (answer.status_code, answer.json()["code"]) == (409, "already_matched")
        assert MatchLine.objects.filter(account_id=account.pk).count() == 1

    def test_refuses_a_residual_and_says_how_much(self, account, desk):
        bank, book = bank_lines(account, Told("100.00")), book_lines(account, Told("99.50"))

        answer = desk.post(at("match", account), {"bank": ids(bank), "book": ids(book)})

        assert (answer.status_code, answer.json()["code"]) == (422, "sums_differ")
        assert "-0.50" in answer.json()["message_zh"]

    def test_refuses_what_is_no_list_of_ids(self, account, desk):
        assert desk.post(at("match", account), {"bank": "1;2", "book": ""}).status_code == 422

    def test_above_the_limit_wants_two_people(self, account, desk, other):
        limit_alone(account, "1000.00")
        bank, book = both(account, [Told("5000.00")])
        part = {"bank": ids(bank), "book": ids(book)}

        assert desk.post(at("match", account), part).json()["code"] == "two_people"
        change = desk.post(at("match", account), {**part, "ask": "1", "why": "合同"}).json()[
            "change"
        ]
        assert "待第二人确认" in other.get(at("desk", account)).content.decode()
        assert desk.post(at("decide", account, change), {"accept": "yes"}).status_code == 403
        assert other.post(at("decide", account, change), {"accept": "yes"}).json()["act"]
        assert MatchLine.objects.filter(account_id=account.pk).count() == 1

    def test_above_the_limit_is_undone_by_two_people(self, account, desk, other):
        bank, book = both(account, [Told("5000.00")])
        act = desk.post(at("match", account), {"bank": ids(bank), "book": ids(book)}).json()["act"]
        limit_alone(account, "1000.00")

        assert desk.post(at("undo", account), {"act": act}).json()["code"] == "two_people"
        asked = desk.post(at("undo", account), {"act": act, "ask": "1", "why": "勾错"}).json()
        assert MatchLine.objects.filter(account_id=account.pk).count() == 1
        assert "撤销人工勾对" in other.get(at("desk", account)).content.decode()
        decided = {"accept": "yes"}
        assert desk.post(at("decide", account, asked["change"]), decided).status_code == 403
        assert other.post(at("decide", account, asked["change"]), decided).json()["act"]
        assert not MatchLine.objects.filter(account_id=account.pk).exists()

    def test_is_not_for_those_who_only_look(self, account):
        viewer = signed_in(a_user(Role.VIEWER, company=account.company))

        assert viewer.get(at("desk", account)).status_code == 200
        assert viewer.post(at("match", account), {"bank": "1", "book": "2"}).status_code == 403


class TestNews:
    def test_names_what_others_matched_and_who(self, account, desk, other, people):
        bank, book = both(account, [Told(), Told("7.00")])
        seen = desk.get(at("lines", account)).json()["act"]
        other.post(at("match", account), {"bank": ids(bank[:1]), "book": ids(book[:1])})

        told = desk.get(at("news", account), {"since": seen}).json()

        assert (told["bank"], told["book"], told["is_anew"]) == (bank[:1], book[:1], False)
        assert told["by"] == [people[1].display_name]
        assert desk.get(at("news", account), {"since": told["act"]}).json()["bank"] == []

    def test_asks_to_read_anew_after_an_undo_or_a_run(self, account, desk):
        bank, book = both(account, [Told()])
        done = desk.post(at("match", account), {"bank": ids(bank), "book": ids(book)}).json()["act"]
        undone = desk.post(at("undo", account), {"act": done}).json()["act"]

        assert desk.get(at("news", account), {"since": done}).json()["is_anew"]
        running.run(account_id=account.pk)
        assert desk.get(at("news", account), {"since": undone}).json()["is_anew"]


class TestProposals:
    @pytest.fixture
    def asked(self, account):
        bank_lines(account, Told("4567.89"), Told("7.00", text="账户管理费"))
        book_lines(account, Told("4567.89"))
        running.run(account_id=account.pk)

    def test_say_why_a_person_is_asked(self, account, desk, asked):
        told = desk.get(at("proposals", account)).json()["proposals"]

        assert [(one["rung"], one["reason"], one["event"]) for one in told] == [
            ("M4", "仅金额与日期相符", ""),
            ("M9", "银行已记、企业未记：银行手续费，建议制单", "fee"),
        ]

    def test_refused_is_not_asked_again_until_undone(self, account, desk, asked):
        first = desk.get(at("proposals", account)).json()["proposals"][0]

        act = desk.post(at("refuse", account), {"proposal": first["id"]}).json()["act"]

        running.run(account_id=account.pk)
        assert [one["rung"] for one in desk.get(at("proposals", account)).json()["proposals"]] == [
            "M9"
        ]
        desk.post(at("undo", account), {"act": act})
        assert desk.get(at("proposals", account)).json()["count"] == 2

    def test_refused_twice_or_replaced_is_a_conflict(self, account, people, asked):
        proposal = Proposal.objects.filter(rung=4).get()
        refusing.refuse(account_id=account.pk, proposal_id=proposal.pk, actor=people[0])

        for wrong in (proposal.pk, 0):
            with pytest.raises(Conflict):
                refusing.refuse(account_id=account.pk, proposal_id=wrong, actor=people[1])


class TestPages:
    def test_the_list_counts_what_is_open(self, account, desk, people):
        bank, book = both(account, [Told(), Told("7.00"), Told("8.00")])
        matching.confirm(
            account_id=account.pk, part=matching.Part((bank[0],), (book[0],)), actor=people[0]
        )

        page = desk.get(reverse("reconciliation:accounts")).content.decode()

        assert page.count('<td class="number">2</td>') == 2

    def test_a_match_shows_its_reason_and_is_taken_apart(self, account, desk):
        both(account, [Told(ref="YQ000001", name="恒通")])
        act = running.run(account_id=account.pk)

        page = desk.get(at("match_page", account, 1)).content.decode()
        listed = desk.get(at("matches", account), {"rung": "M1"}).content.decode()
        made = desk.get(reverse("reconciliation:act", args=[act.pk])).content.decode()

        assert "业务参考号" in page
        assert "YQ000001" in page
        assert at("match_page", account, 1) in listed
        assert at("match_page", account, 1) in made
        desk.post(at("split", account, 1), {"why": "勾错"})
        assert "已解除" in desk.get(at("match_page", account, 1)).content.decode()
        assert not MatchLine.objects.filter(account_id=account.pk).exists()

    def test_the_undo_stack_marks_ones_own_newest_act(self, account, desk, other):
        bank, book = both(account, [Told(), Told("7.00")])
        for who, place in ((desk, 0), (other, 1)):
            who.post(
                at("match", account),
                {"bank": ids(bank[place : place + 1]), "book": ids(book[place : place + 1])},
            )

        page = desk.get(at("acts", account)).content.decode()

        assert page.count("data-undo=") == 2
        assert page.count("data-mine") == 1
