"""The conformance kit: what it plays, what it makes of what it sees, and what it writes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bankadapters import registry
from bankadapters.__main__ import main
from bankadapters.conformance import report, scenario
from bankadapters.conformance.bench import bank_bench, simulated
from bankadapters.conformance.running import play
from bankadapters.conformance.scenario import Result, Scenario, Skipped, Verdict, expect
from bankadapters.contract import Ability

DOCUMENT = Path(__file__).parents[3] / "docs" / "conformance.md"


@pytest.fixture(scope="module")
def bench():
    with simulated(["cmb"]) as benches:
        yield benches["cmb"]


def _scenario(act, *, needs=(), steers=False):
    return Scenario("toy", "Toys", "A toy.", act, frozenset(needs), steers)


class TestScenarios:
    def test_there_are_many_and_each_has_a_name_of_its_own(self):
        names = [one.name for one in scenario.load()]

        assert len(names) >= 60
        assert len(set(names)) == len(names)

    def test_each_says_what_it_shows(self):
        assert not [one.name for one in scenario.load() if not one.about.endswith(".")]


class TestPlay:
    def test_what_must_not_be_is_a_failure_with_its_reason(self, bench):
        result = play(_scenario(lambda trial: expect(False, "two debits")), bench)

        assert (result.verdict, result.why) == (Verdict.FAILED, "two debits")

    def test_what_the_bank_raises_is_a_failure_too(self, bench):
        def act(trial):
            trial.adapter.balances([type(trial.bench.own[0].ref)("1", branch="57")])

        result = play(_scenario(act), bench)

        assert result.verdict is Verdict.FAILED
        assert "QueryFailed" in result.why

    def test_an_ability_the_bank_lacks_is_absent(self, bench):
        result = play(_scenario(lambda trial: None, needs=[Ability.SIGN_ON]), bench)

        assert (result.verdict, result.why) == (Verdict.ABSENT, "no sign_on")

    def test_every_exchange_is_kept(self, bench):
        result = play(_scenario(lambda trial: trial.book()), bench)

        assert result.verdict is Verdict.PASSED
        assert [one.operation for one in result.exchanges] == ["NTQADINF"]
        assert b"571900000010101" in result.exchanges[0].sent
        assert b"CMBSDKPGK" in result.exchanges[0].came

    def test_at_a_bank_what_wants_a_simulator_is_not_run(self):
        accounts = [{"number": "1", "name": "甲"}, {"number": "2", "name": "乙"}]
        there = bank_bench("cmb", {"accounts": accounts}, "http://127.0.0.1:9/")

        result = play(_scenario(lambda trial: trial.credit("1.00")), there)
        other = play(_scenario(lambda trial: None, steers=True), there)

        assert {result.verdict, other.verdict} == {Verdict.NOT_RUN}

    def test_a_skip_says_why(self, bench):
        def act(trial):
            raise Skipped("no such field")

        assert play(_scenario(act), bench).why == "no such field"


class TestCommand:
    def test_plays_writes_and_ends_well(self, tmp_path, capsys):
        told = tmp_path / "told.json"

        status = main(["conform", "--bank", "boc", "--only", "Limits", "--report", str(told)])

        rows = json.loads(told.read_text("utf-8"))
        assert status == 0
        assert {row["verdict"] for row in rows} <= {"passed", "absent"}
        assert "passed" in capsys.readouterr().out

    def test_a_bank_wants_an_address_and_two_accounts(self, capsys):
        assert main(["conform", "--bank", "boc", "--url", "http://127.0.0.1:9/"]) == 2
        assert "two accounts" in capsys.readouterr().err

    def test_an_unknown_bank_is_named(self, capsys):
        assert main(["conform", "--bank", "bocc"]) == 2
        assert "did you mean 'boc'" in capsys.readouterr().err

    def test_no_scenario_of_that_name(self, capsys):
        assert main(["conform", "--all", "--only", "nosuchthing"]) == 2
        assert "nosuchthing" in capsys.readouterr().err


class TestReport:
    def test_shows_reasons_of_what_failed(self):
        one = _scenario(lambda trial: None)
        told = report.table(
            [Result("boc", one, Verdict.FAILED, "two debits"), Result("cmb", one, Verdict.PASSED)]
        )

        assert "| **toy** A toy. | ✗ | ✓ |" in told
        assert "- toy: two debits (boc)" in told

    def test_the_document_has_every_bank_and_every_scenario_and_no_failure(self):
        """Written anew with `python -m bankadapters conform --all --report docs/conformance.md` when either grows."""
        text = DOCUMENT.read_text("utf-8")
        banks = re.search(r"^\| scenario \| (.*) \|$", text, re.MULTILINE)

        assert banks is not None
        assert banks[1].split(" | ") == registry.slugs()
        assert not [one.name for one in scenario.load() if f"**{report.words(one)}**" not in text]
        assert "✗ |" not in text
