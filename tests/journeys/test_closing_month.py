"""The demo's month is closed as docs/reconciliation.md says it: every act over HTTP by the person named there."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile

import openpyxl
import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from ledger.models import Period, Voucher
from masterdata.models import OwnAccount, User
from masterdata.selectors import scope_of
from reconciliation.models import (
    BankReconciliationStatement,
    ClosePack,
    DaySignOff,
    MatchLine,
    Proposal,
)
from reconciliation.services import closing, running
from statements.models import DayClose
from yqlink.management import demo_books
from yqlink.workspace import book_counters

MONTH, LAST = "2026-10", "2026-10-31"


class Person:
    """One of the demo's people at a browser."""

    def __init__(self, username: str) -> None:
        self.user = User.objects.get(username=username)
        self.client = Client()
        self.client.force_login(self.user, backend="django.contrib.auth.backends.ModelBackend")

    def see(self, url: str, **given: str):
        """A page that opens."""
        answer = self.client.get(url, given)
        assert answer.status_code == 200, (url, answer.content.decode()[:500])
        return answer

    def do(self, url: str, **form: object):
        """An act that is taken."""
        answer = self.client.post(url, form)
        assert answer.status_code in (200, 302), (url, answer.content.decode()[:500])
        return answer


class Walk:
    """The account, and the three people who close its month."""

    def __init__(self) -> None:
        self.account = OwnAccount.objects.get(number=demo_books.NUMBER)
        self.first, self.second, self.treasurer = map(Person, ("recon1", "recon2", "treasurer1"))

    def at(self, name: str, *more: object) -> str:
        """A page of the account."""
        return reverse(f"reconciliation:{name}", args=[self.account.pk, *more])

    def of_month(self, name: str, *more: object) -> str:
        """A page of the company's month."""
        return reverse(f"reconciliation:{name}", args=[self.account.company_id, MONTH, *more])

    def open_lines(self) -> dict[str, dict[str, int]]:
        """Open lines of the desk by side: the bank's serial or the voucher → id."""
        told = self.first.see(self.at("lines")).json()
        return {
            side: {line[8].split()[0]: line[0] for line in told[side]} for side in ("bank", "book")
        }

    def match(self, bank: str, book: str) -> None:
        """What is chosen is matched: documents, separated by blanks."""
        lines = self.open_lines()
        chosen = {
            side: ",".join(str(lines[side][one]) for one in told.split())
            for side, told in (("bank", bank), ("book", book))
        }
        assert self.first.do(self.at("match"), **chosen).json()["act"]

    def book(self, serial: str, event: str, amount: str = "") -> None:
        """A voucher is drafted from the bank's line, posted by another, and the machine runs."""
        entry = self.open_lines()["bank"][serial]
        url = self.first.do(self.at("voucher"), entry=entry, event=event, amount=amount).json()[
            "url"
        ]
        draft = Voucher.objects.get(pk=url.strip("/").rpartition("/")[2])
        assert book_counters.vouchers_to_post(scope_of(self.second.user)).value == "1"
        self.second.do(f"{url}post/", version=draft.version)
        running.run(account_id=self.account.pk)

    def solve_puzzles(self) -> None:
        """Step 2: what the machine left on the desk."""
        asked = self.first.see(self.at("proposals")).json()["proposals"]
        (cover,) = [one for one in asked if one["rung"] == "M6"]
        self.first.do(self.at("match"), **{
            side: ",".join(map(str, cover[side])) for side in ("bank", "book")
        })  # fmt: skip
        self.match("T00000000000", "记-0015")
        self.book("I00000000001", "interest")
        self.book("X00000000001", "fee", amount="15.00")
        (fee,) = (one for one in self.open_lines()["book"] if one.startswith("付-"))
        self.match("X00000000001", f"记-0018 {fee}")

    def sign_days(self) -> list:
        """Step 3: the days, once the last debit is said to be what it is."""
        day = self.at("day", f"{MONTH}-13")
        entry = self.open_lines()["bank"]["T00000000001"]
        self.first.do(
            f"{day}classify/", entry=entry, kind="other", note="疑似重复付款，已联系收款方"
        )
        waiting = reverse("reconciliation:days_waiting")
        given = {"month": MONTH, "company": str(self.account.company_id)}
        lines = self.first.see(waiting, **given).context["lines"]
        tokens = [one.token for one in lines if one.can_sign]
        self.first.do(reverse("reconciliation:days_sign"), accounts=tokens, **given)
        return self.first.see(waiting, **given).context["lines"]

    def say_of_items(self) -> None:
        """Step 4: why, who and what next, of everything that stays outstanding."""
        page = self.first.see(self.at("brs_account"), day=LAST).content.decode()
        for url in re.findall(r'href="(/reconciliation/brs/\d+/items/[^"]+)"', page):
            self.first.do(url, reason="已查明", next_step="下月更正", owner_id=self.first.user.pk)

    def sign_statement(self) -> BankReconciliationStatement:
        """Step 4: two people sign the statement of reconciliation."""
        figures = self.first.see(self.at("brs_account"), day=LAST).context["figures"]
        url = self.first.do(self.at("brs_prepare"), day=LAST, figures=figures).url
        row = BankReconciliationStatement.objects.get(pk=url.strip("/").rpartition("/")[2])
        own = self.first.client.post(f"{url}review/", {"version": row.version})
        assert own.status_code == 403
        self.treasurer.do(f"{url}review/", version=row.version)
        row.refresh_from_db()
        return row

    def two_say(self, kind: str) -> str:
        """Step 5: the month is closed or reopened by two; the month's state then."""
        period = Period.objects.filter(company=self.account.company, code=MONTH).first()
        form = {"kind": kind, "version": period.version if period else 0, "why": "十月对账完成"}
        self.first.do(self.of_month("close_propose"), **form)
        pending = self.first.see(self.of_month("close")).context["pending"]
        assert book_counters.closes_to_decide(scope_of(self.first.user)).is_zero
        assert book_counters.closes_to_decide(scope_of(self.second.user)).value == "1"
        own = self.first.client.post(
            self.of_month("close_decide", pending.pk), {"decision": "accept"}
        )
        assert own.status_code == 403
        self.second.do(self.of_month("close_decide", pending.pk), decision="accept")
        return Period.objects.get(company=self.account.company, code=MONTH).state

    def missing(self) -> list[str]:
        """The titles of what the close still wants."""
        checks = self.first.see(self.of_month("close")).context["checks"]
        return [str(one.title) for one in checks if not one.is_met]


@pytest.fixture
def walk(frozen_clock, tmp_path, monkeypatch):
    monkeypatch.setenv("YQLINK_DEMO_DIR", str(tmp_path))
    call_command("seed_demo", verbosity=0)
    call_command("seed_books")
    return Walk()


def assert_laid_down(account: OwnAccount) -> None:
    """September is reconciled, signed, closed and archived; October is told in whole and has its puzzles."""
    row = BankReconciliationStatement.objects.get()
    assert (row.state, str(row.day), row.item_count) == ("reviewed", "2026-09-30", 4)
    assert row.sheet.is_balanced
    states = dict(Period.objects.filter(company=account.company).values_list("code", "state"))
    assert states == {"2026-09": "locked", MONTH: "open"}
    assert closing.archive_due() == 1
    assert DaySignOff.objects.count() >= 20
    assert MatchLine.objects.filter(account_id=account.pk).exists()
    assert 3 <= Proposal.objects.filter(account=account).count() <= 12
    days = DayClose.objects.filter(account=account, day__range=(f"{MONTH}-01", LAST))
    assert {one.status for one in days} == {"complete"}


@pytest.mark.django_db(transaction=True)
class TestTheDemosMonth:
    def test_is_laid_down_with_puzzles_closed_reopened_and_closed_again_by_its_people(
        self, walk, frozen_clock
    ):
        assert_laid_down(walk.account)
        call_command("seed_books")
        assert BankReconciliationStatement.objects.count() == 1

        walk.first.do(walk.of_month("close_propose"), kind="lock", version=0, why="十月对账完成")
        assert walk.first.see(walk.of_month("close")).context["pending"] is None

        walk.solve_puzzles()
        left = walk.open_lines()
        assert (sorted(left["bank"]), sorted(left["book"])) == (
            ["T00000000001", "W00000000001"],
            ["记-0017"],
        )
        assert walk.sign_days() == []
        assert walk.missing() == ["每个账户的余额调节表已由两人签字"]

        walk.say_of_items()
        row = walk.sign_statement()
        assert (row.state, row.item_count, row.difference) == ("reviewed", 3, 0)
        assert {item.owner for item in row.sheet.items} == {walk.first.user.display_name}
        paper = reverse("reconciliation:brs_print", args=[row.pk])
        assert walk.first.see(paper, format="pdf").content.startswith(b"%PDF")
        excel = walk.first.see(reverse("reconciliation:brs_workbook", args=[row.pk])).content
        form = openpyxl.load_workbook(io.BytesIO(excel)).worksheets[0]
        assert f"{row.sheet.adjusted_book:.2f}" == f"{form['B12'].value:.2f}"
        assert walk.missing() == []

        assert walk.two_say("lock") == "locked"
        closing.archive_due()
        pack = ClosePack.objects.get(company=walk.account.company, month=MONTH)
        taken = walk.treasurer.see(reverse("reconciliation:close_archive", args=[pack.pk])).content
        assert hashlib.sha256(taken).hexdigest() == pack.sha256
        with zipfile.ZipFile(io.BytesIO(taken)) as zipped:
            manifest = json.loads(zipped.read("manifest.json"))
            for name, digest in manifest["files"].items():
                assert hashlib.sha256(zipped.read(name)).hexdigest() == digest

        frozen_clock.advance(minutes=5)
        assert walk.two_say("reopen") == "open"
        assert walk.missing() == ["每个账户的余额调节表已由两人签字"]
        frozen_clock.advance(minutes=5)
        walk.sign_statement()
        assert walk.two_say("lock") == "locked"
