"""What must hold whatever happens: acts in any order, workers at once, a worker killed, an account that fails."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kernel import clock
from kernel.errors import Conflict, InvalidInput
from ledger.services import openings
from masterdata.roles import Role
from masterdata.selectors import scope_of, strategy
from masterdata.services import dated
from masterdata.services.changes import decide_change
from reconciliation import selectors
from reconciliation.models import Act, ClosePack, ExplainedDay, MatchLine, Proposal
from reconciliation.services import closing, explaining, matching, refusing, running, trying
from reconciliation.services.matching import Part
from reconciliation.topics import Matching
from statements.models import StatementEntry
from tests.build import a_company, a_user, an_account, step_up
from tests.reconciliation.build import DAY, Told, bank_lines, book_lines, both
from tests.reconciliation.signing import prepare, review, tell
from tests.reconciliation.test_matching import snapshot
from yqlink.supervisor import ROOT

pytestmark = pytest.mark.django_db(transaction=True)
HENG = {"name": "上海恒通化工有限公司", "acct": "6222000011"}
LINES = (
    Told(ref="YQ000001"),
    Told("7.00", **HENG),
    Told("8.00", **HENG),
    Told("9.00", ref="YQ000009"),
)
STEPS = ("confirm", "split", "refuse", "run", "amend", "book", "undo")


@pytest.fixture
def accountant(account):
    return a_user(Role.RECONCILER, company=account.company)


@contextmanager
def failing(table: str, column: str, value: int) -> Iterator[None]:
    """The database refuses new rows of this one account or company: somebody's disk, somebody's bug."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""CREATE FUNCTION no_such_luck() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN IF NEW.{column} = {value:d} THEN RAISE EXCEPTION 'no such luck'; END IF; RETURN NEW; END $$;
            CREATE TRIGGER no_such_luck BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION no_such_luck()"""
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TRIGGER no_such_luck ON {table}; DROP FUNCTION no_such_luck()")


def in_threads(*calls) -> None:
    """All at once, each over a connection of its own; the first trouble is ours."""
    troubles = []

    def one(call):
        try:
            call()
        except Exception as error:
            troubles.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if troubles:
        raise troubles[0]


class TestOneAccountThatFails:
    def test_is_matched_later_and_does_not_stop_the_others(self, account):
        other = an_account(company=account.company)
        for one in (account, other):
            both(one, LINES)

        with failing("reconciliation_act", "account_id", account.pk):
            assert running.run_due() == 1
            assert running.run_due() == 0
        assert running.run_due() == 1

        assert snapshot(account)
        assert len(snapshot(account)) == len(snapshot(other))

    def test_is_measured_later_as_of_its_moments_and_does_not_stop_the_others(
        self, account, accountant
    ):
        other = an_account(company=account.company)
        first, second = explaining.moments(DAY, clock.Calendar())
        with clock.fixed(first - timedelta(hours=1)):
            bank, book = both(account, [Told("60.00"), Told("40.00")])
            both(other, [Told("10.00")])
        with clock.fixed(second - timedelta(hours=1)):
            part = Part((bank[0],), (book[0],))
            matching.confirm(account_id=account.pk, part=part, actor=accountant)

        with clock.fixed(second + timedelta(days=9)):
            matching.confirm(account_id=account.pk, part=Part((bank[1],), (book[1],)), actor=accountant)  # fmt: skip
            with failing("reconciliation_explainedday", "account_id", account.pk):
                assert explaining.measure_due() == 1
            assert [explaining.measure_due(), explaining.measure_due()] == [1, 0]

        row = ExplainedDay.objects.get(account=account)
        assert (row.value, row.value_t1, row.value_t2) == (100, 0, 60)
        assert ExplainedDay.objects.filter(account=other).count() == 1

    def test_is_archived_later_and_does_not_stop_the_others(self, account, preparer, reviewer):
        other = an_account(company=a_company())
        people = [a_user(role, company=other.company) for role in (Role.RECONCILER, Role.TREASURER)]
        close_october(account, preparer, reviewer)
        close_october(other, *people)

        with clock.fixed(clock.now() + timedelta(days=9)):
            with failing("reconciliation_closepack", "company_id", account.company_id):
                assert closing.archive_due() == 1
            assert [closing.archive_due(), closing.archive_due()] == [1, 0]

        assert set(ClosePack.objects.values_list("company_id", flat=True)) == {account.company_id, other.company_id}  # fmt: skip


def close_october(account, preparer, reviewer) -> None:
    """Prove, sign and close October of the account's company."""
    last = date(2026, 10, 31)
    openings.lay_down(account=account, day=last, balance=Decimal("500.00"), source_note="九月账")
    for day in (last - timedelta(1), last):
        tell(account, day, "500.00")
    review(prepare(account, preparer, last), reviewer)
    change = closing.propose(company_id=account.company_id, month="2026-10", version=0, kind="lock", actor=preparer, why="十月已核对")  # fmt: skip
    closing.decide(change_id=change.pk, accept=True, actor=reviewer, stepup=step_up(reviewer), why="")  # fmt: skip


class TestAtOnce:
    def test_workers_on_several_accounts_and_two_on_one_match_each_line_once(self, account):
        accounts = [account, *(an_account(company=account.company) for _ in range(2))]
        for one in accounts:
            both(one, LINES)

        in_threads(running.run_due, running.run_due, *(lambda pk=one.pk: running.run(account_id=pk) for one in accounts))  # fmt: skip

        for one in accounts:
            assert len(snapshot(one)) == len(LINES)
            assert len({line[-2] for line in snapshot(one)}) == len(LINES)

    def test_a_person_and_the_machine_never_hold_one_line_twice(self, account, accountant):
        bank, book = both(account, LINES)

        def crossed():
            try:
                part = Part((bank[1],), (book[1],))
                matching.confirm(account_id=account.pk, part=part, actor=accountant)
            except Conflict:
                pass

        in_threads(crossed, lambda: running.run(account_id=account.pk))

        assert sorted(line[-2] for line in snapshot(account)) == sorted(bank)


def test_a_worker_killed_in_the_middle_leaves_nothing_half_written(account):
    both(account, LINES)
    own = connection.settings_dict
    if not own["HOST"].startswith("/"):
        pytest.skip("the server's address is somebody else's")
    url = f"postgresql://postgres@/{own['NAME']}?host={own['HOST']}"
    words = f"import django; django.setup(); from reconciliation.services import running; running.run(account_id={account.pk})"
    env = os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "yqlink.settings.test"}

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {Proposal._meta.db_table} IN ACCESS EXCLUSIVE MODE")
        worker = subprocess.Popen([sys.executable, "-c", words], cwd=ROOT, env=env)
        until(lambda: others(cursor, "wait_event_type = 'Lock'") or worker.poll() is not None)
        worker.kill()
        assert worker.wait() == -9  # it stood before its proposals, its matches written
    with connection.cursor() as cursor:
        until(lambda: not others(cursor, "true"))

    assert (snapshot(account), Act.objects.count()) == ([], 0)
    running.run(account_id=account.pk)
    assert len(snapshot(account)) == len(LINES)


def others(cursor, state: str) -> int:
    """How many other sessions of this database are in that state."""
    cursor.execute("SELECT pg_stat_clear_snapshot()")
    cursor.execute(
        f"""SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND backend_type = 'client backend' AND query LIKE '%reconciliation_%' AND {state}"""
    )
    return int(cursor.fetchone()[0])


def until(is_so) -> None:
    """Wait, for as long as a slow machine may take."""
    for _ in range(1_200):
        if is_so():
            return
        time.sleep(0.1)
    raise AssertionError("it never came")


def test_a_dry_run_of_other_rules_tells_what_they_then_match(account, accountant):
    both(account, LINES)
    name = {"name": HENG["name"]}
    bank_lines(account, Told("11.00", **name), Told("12.00", **name))
    book_lines(account, Told("11.00", **name, day=3), Told("12.00", **name, day=1))
    before = running.run(account_id=account.pk)
    admins = [a_user(Role.ADMIN, company=account.company) for _ in range(2)]
    values = {"company": account.company_id, "subject": "", "name_days": 2, "amount_days": 2}
    proposal = dated.Proposal(values=values, valid_from=DAY, source_note="制度")
    change = dated.propose(kind_name="strategy.reconciliation.matching", proposal=proposal, actor=admins[0])  # fmt: skip
    decide_change(change_id=change.pk, accept=True, actor=admins[1])
    topic, _ = strategy(Matching, account.company, account.gl_subject, clock.today())

    told = trying.dry_run(account_id=account.pk, first=date(2026, 11, 1), last=date(2026, 11, 30),
                          strategy=topic.strategy(), scope=scope_of(accountant))  # fmt: skip
    matching.undo(act_id=before.pk, actor=accountant)
    after = running.run(account_id=account.pk)

    made = {rung: n for rung, n in after.counts.items() if rung.startswith("M")}
    assert told.would_be == made
    assert told.are == {rung: n for rung, n in before.counts.items() if rung.startswith("M")}
    assert (len(told.lost), len(told.gained)) == (1, 0)


class History:
    """Acts on one account, each with the state before it."""

    def __init__(self, account, actor) -> None:
        self.account, self.actor = account, actor
        told = [Told("5.00", ref=f"YQ00000{n}", doc=f"SERIAL{n}", day=n) for n in range(3)]
        self.told = [*told, *(Told(f"{n}.00", **HENG, doc=f"SERIAL{n}", day=n) for n in (3, 4))]
        self.bank, self.book = both(account, self.told)
        self.book += book_lines(account, Told("3.00", **HENG, day=5))
        self.acts: list[tuple[Act, object]] = []
        self.number = 0

    def state(self):
        """Every live line and every refusal."""
        return set(snapshot(self.account)), sorted(selectors.refused_parts(self.account.pk))

    def step(self, kind: str, one: int, other: int) -> None:
        """Take a step where it is allowed."""
        before = self.state()
        try:
            act = getattr(self, kind)(one, other)
        except (Conflict, InvalidInput):
            act = None
            assert self.state() == before
        if act is not None:
            self.acts.append((act, before))

    def confirm(self, one, other):
        """By hand, right or wrong as long as it adds up."""
        part = Part((self.bank[one],), (self.book[other],))
        return matching.confirm(account_id=self.account.pk, part=part, actor=self.actor)

    def split(self, one, other):
        """Take apart whatever holds a line."""
        held = MatchLine.objects.filter(account_id=self.account.pk, bank_id=self.bank[one]).first()
        if held is not None:
            return matching.split(account_id=self.account.pk, match_no=held.match_no, parts=[], actor=self.actor, why="")  # fmt: skip
        return None

    def refuse(self, one, other):
        """Say no to a proposal."""
        asked = Proposal.objects.filter(account_id=self.account.pk).order_by("pk")[one : one + 1]
        for proposal in asked:
            return refusing.refuse(account_id=self.account.pk, proposal_id=proposal.pk, actor=self.actor)  # fmt: skip
        return None

    def run(self, one, other):
        """The machine: what it retires stays retired whatever is undone, and no person's match is touched."""
        live, _ = self.state()
        if running.retire(account_id=self.account.pk) is not None:
            gone = live - self.state()[0]
            assert all(line[4] != 10 for line in gone)
            self.acts = [(act, (lines - gone, no)) for act, (lines, no) in self.acts]
        before = self.state()
        act = running.run(account_id=self.account.pk)
        assert before[0] <= self.state()[0]
        self.acts.append((act, before))

    def amend(self, one, other):
        """The bank tells an entry anew."""
        self.number += 1
        told = self.told[one]
        anew = Told(told.amount, told.day, ref=told.ref, name=told.name, acct=told.acct, doc=told.doc, text=f"更正{self.number}")  # fmt: skip
        bank_lines(self.account, anew)
        entries = StatementEntry.objects.filter(account=self.account, bank_serial=told.doc)
        self.bank[one] = entries.latest("pk").pk

    def book_line(self, one, other):
        """A voucher more."""
        self.book += book_lines(self.account, self.told[one])

    def undo(self, one=0, other=0):
        """The newest act, and what was before it is there again."""
        if self.acts:
            act, before = self.acts.pop()
            matching.undo(act_id=act.pk, actor=self.actor)
            assert self.state() == before


@settings(max_examples=8, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate],
          suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])  # fmt: skip
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(STEPS), st.integers(0, 4), st.integers(0, 4)),
        min_size=3,
        max_size=9,
    )
)
def test_undone_backwards_any_acts_of_people_and_machine_leave_each_former_state_property(
    frozen_clock, steps
):
    company = a_company()
    history = History(an_account(company=company), a_user(Role.RECONCILER, company=company))

    for kind, one, other in steps:
        history.step({"book": "book_line"}.get(kind, kind), one, other)
    while history.acts:
        history.undo()

    assert history.state() == (set(), [])
