"""Each fault profile does what its name says, often enough to matter, and leaves the books in order."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from dataclasses import dataclass

import httpx
import pytest

from bankadapters.simulator.faults import KINDS, PROFILES, Faults, Seeded
from tests.bankadapters.simulator.client import (
    ROOT,
    Sim,
    books_agree,
    item,
    message_code,
    outcomes,
)  # fmt: skip

MESSAGES, SIZE = 14, 5
DOCUMENTED = {"B001", "B054", "B059", "B266", "S902"}


@dataclass
class Sent:
    """One payment message and what came back: a response, or None when the wire was cut."""

    insids: list[str]
    response: httpx.Response | None
    seconds: float

    @property
    def good(self) -> bool:
        return (
            self.response is not None
            and readable(self.response)
            and message_code(self.response.text) == "B001"
        )


def readable(response: httpx.Response) -> bool:
    """Whether the body is a whole document in the encoding it declares."""
    declared = re.search(rb'encoding="([^"]+)"', response.content)
    try:
        text = response.content.decode(declared.group(1).decode() if declared else "utf-8")
    except UnicodeDecodeError:
        return False
    return response.status_code == 200 and "DOCTYPE" not in text and text.endswith("</bocb2e>")


def send_many(sim: Sim, *, resign: bool = False) -> list[Sent]:
    sent = []
    for number in range(MESSAGES):
        insids = [f"M{number:02d}-{i}" for i in range(SIZE)]
        body = sim.body("b2e0009", "".join(item(insid) for insid in insids))
        began = time.monotonic()
        try:
            response = sim.send(body)
        except httpx.TransportError:
            response = None
        sent.append(Sent(insids, response, time.monotonic() - began))
        if resign and message_code(response.text) in {"1033", "B107"}:
            sim.sign_on()
    return sent


def patient_inquiry(sim: Sim, insids: list[str]) -> list[dict[str, str]]:
    """The readable answers of a dozen questions about the same payments, a minute apart."""
    answers = []
    for _ in range(12):
        sim.later(minutes=1)
        inside = "".join(f"<b2e0007-rq><insid>{i}</insid></b2e0007-rq>" for i in insids)
        answers.append(dict(outcomes(sim.ask("b2e0007", inside), "b2e0007")))
    return answers


def sign_on(sim: Sim) -> None:
    """Sign on through faults that hit sessions as well."""
    for _ in range(6):
        try:
            if "<token>" in sim.sign_on() and sim.token:
                return
        except (httpx.TransportError, UnicodeDecodeError):
            continue
    raise AssertionError("no session within six tries")


def booked(sim: Sim, insids: list[str]) -> bool:
    known = sim.get("instructions")["instructions"]
    found = {known.get(i, {}).get("state", "absent") != "absent" for i in insids}
    assert len(found) == 1, "a message is booked as a whole or not at all"
    return found.pop()


class TestMessageFaults:
    @pytest.mark.parametrize(
        ("profile", "when_hit"),
        [
            ("drop_before_booking", {False}),
            ("drop_after_booking", {True}),
            ("truncated", {True}),
            ("garbage", {True}),
            ("wrong_encoding", {True}),
            ("http_500", {True, False}),
            ("token_expiry", {False}),
        ],
    )
    def test_some_messages_go_wrong_and_the_ledger_says_which(self, run, profile, when_hit):
        sim = run("--faults", profile, signed=False)
        sign_on(sim)

        sent = send_many(sim, resign=profile == "token_expiry")

        bad = [s for s in sent if not s.good]
        assert 3 <= len(bad) <= MESSAGES - 4
        assert {booked(sim, s.insids) for s in bad} == when_hit
        assert all(booked(sim, s.insids) for s in sent if s.good)
        told = sim.get("instructions")["instructions"]
        hit = {insid for insid, row in told.items() if profile in row["faults"]}
        assert hit == {insid for s in bad for insid in s.insids}
        books_agree(sim)

    def test_cut_connections_carry_no_byte(self, run):
        sim = run("--faults", "drop_after_booking", signed=False)
        sign_on(sim)

        assert any(s.response is None for s in send_many(sim))

    def test_an_expired_session_is_refused_with_either_code_and_no_item(self, run):
        sim = run("--faults", "token_expiry")

        refused = [s.response.text for s in send_many(sim, resign=True) if not s.good]

        assert {message_code(text) for text in refused} == {"1033", "B107"}
        assert not any("<b2e0009-rs>" in text for text in refused)

    def test_slow_answers_are_right_but_late(self, run):
        sim = run("--faults", "slow", "--slow-s", "0.3", signed=False)
        sign_on(sim)

        sent = send_many(sim)

        assert 3 <= sum(s.seconds > 0.25 for s in sent) <= MESSAGES - 4
        assert all(s.good for s in sent)

    def test_half_answers_come_in_both_shapes(self, run):
        sim = run("--faults", "truncated", signed=False)
        sign_on(sim)

        bad = [s for s in send_many(sim) if not s.good]

        assert {s.response is None for s in bad} == {True, False}


class TestItemFaults:
    @pytest.mark.parametrize(
        "profile", ["unknown_codes", "missing_items", "wrong_echo", "duplicate_answers"]
    )
    def test_some_items_of_good_messages_are_answered_oddly(self, run, profile):
        sim = run("--faults", profile)

        sent = send_many(sim)

        insids = [i for s in sent for i in s.insids]
        answered = [pair for s in sent for pair in outcomes(s.response.text, "b2e0009")]
        hit = {i for i, row in sim.get("instructions")["instructions"].items() if row["faults"]}
        assert 2 <= len(hit) < len(insids) // 2
        assert all(s.good for s in sent)
        named = [insid for insid, _ in answered]
        if profile == "unknown_codes":
            assert {i for i, code in answered if code not in DOCUMENTED} == hit
        elif profile == "duplicate_answers":
            assert {i for i in named if named.count(i) == 2} == hit
        else:
            assert set(insids) - set(named) == hit
        assert bool(set(named) - set(insids)) == (profile == "wrong_echo")

    @pytest.mark.parametrize(
        "profile",
        [
            "unknown_codes",
            "missing_items",
            "wrong_echo",
            "duplicate_answers",
            "not_found_first",
            "regress",
        ],
    )
    def test_asking_long_enough_always_ends_in_success(self, run, profile):
        sim = run("--faults", profile)
        insids = [i for s in send_many(sim) for i in s.insids]

        answers = patient_inquiry(sim, insids)

        assert answers[-1] == dict.fromkeys(insids, "B001")
        assert answers[5:] == [answers[-1]] * 7
        assert "b2e0007" in {f["operation"] for f in sim.get("faults")["faults"]}
        books_agree(sim)

    def test_a_booked_payment_is_unknown_to_the_first_two_questions(self, run):
        sim = run("--faults", "not_found_first")
        insids = [i for s in send_many(sim) for i in s.insids]

        codes = [{i for i, c in sim.inquire(insids).items() if c == "S902"} for _ in range(3)]

        assert codes[0] == codes[1] != set()
        assert codes[2] == set()
        assert all(
            sim.get("instructions")["instructions"][i]["faults"] == ["not_found_first"]
            for i in codes[0]
        )

    def test_success_is_taken_back_for_two_questions_and_then_stands(self, run):
        sim = run("--faults", "regress")
        insids = [i for s in send_many(sim) for i in s.insids]
        sim.later(minutes=5)
        asked = "".join(f"<b2e0007-rq><insid>{i}</insid></b2e0007-rq>" for i in insids)

        answers = [outcomes(sim.ask("b2e0007", asked), "b2e0007") for _ in range(4)]

        told = [{i: [c for j, c in answer if j == i] for i in insids} for answer in answers]
        hit = {i for i in insids if told[1][i] == ["B054"]}
        assert hit
        assert all(told[2][i] == ["B054"] and told[3][i] == ["B001"] for i in hit)
        assert {tuple(told[0][i]) for i in hit} == {("B001",), ("B001", "B054")}
        assert all(told[n][i] == ["B001"] for n in range(4) for i in set(insids) - hit)

    def test_late_returns_come_hours_after_success(self, run):
        sim = run("--faults", "late_returns")
        for number in range(30):
            sim.pay([f"R{number}"], payee=f"62220000{number:04d}")
        sim.later(minutes=5)
        before = sim.get("instructions")["instructions"]
        sim.later(hours=7)
        after = sim.get("instructions")["instructions"]

        assert {row["state"] for row in before.values()} == {"settled"}
        returned = {i for i, row in after.items() if row["state"] == "returned"}
        assert 2 <= len(returned) <= 15
        assert all(after[i]["faults"] == ["late_returns"] for i in returned)
        assert sim.balance() == f"{1000000 - 12.34 * (30 - len(returned)):.2f}"
        books_agree(sim)


class TestPlainOddities:
    def test_quirks_wear_every_readable_oddity(self, run):
        sim = run("--faults", "quirks", signed=False)

        signed = sim.sign_on()
        paid = sim.pay(["P1"])
        sim.later(minutes=5)
        asked = sim.ask("b2e0007", "<b2e0007-rq><insid>P1</insid></b2e0007-rq>")

        head = signed[: signed.index("</head>")]
        assert "<token>" in head
        assert "<errmsg>" in paid
        assert "<rspmsg>" not in paid
        assert "<b2e0007-rs><rspcod>B001</rspcod>" in asked
        assert "<hostseqno>" in asked
        assert re.search(r'encoding="UTF - 8"|version = "1.0"', asked)

    def test_fees_are_rows_of_their_own(self, run):
        sim = run("--faults", "fees")
        sim.pay(["P1"])
        sim.later(minutes=5)

        text = sim.rows()

        assert re.findall(r"<insid>(.*?)</insid>|<insid/>", text) == ["P1", ""]
        assert "<txnamt>5.00</txnamt>" in text
        assert sim.balance() == "999982.66"

    def test_mixed_explains_whatever_went_wrong(self, run):
        sim = run("--faults", "mixed", "--slow-s", "0.1", signed=False)
        sign_on(sim)

        sent = send_many(sim, resign=False)

        told = sim.get("instructions")["instructions"]
        for s in sent:
            if (
                not s.good
                and s.response is not None
                and message_code(s.response.text) in {"1033", "B107"}
            ):
                continue  # the session had ended
            if not s.good:
                assert all(told[i]["faults"] for i in s.insids)
        assert sim.get("faults")["faults"]
        books_agree(sim)


class TestDraws:
    def test_the_same_seed_draws_the_same_faults(self, run):
        logs = []
        for _ in range(2):
            sim = run("--faults", "mixed", "--slow-s", "0.01", "--no-delays", signed=False)
            sign_on(sim)
            send_many(sim)
            logs.append(
                [(f["fault"], f["operation"], f["insids"]) for f in sim.get("faults")["faults"]]
            )

        assert logs[0] == logs[1]

    @pytest.mark.parametrize("name", [n for n, p in PROFILES.items() if p.messages])
    @pytest.mark.parametrize("seed", range(5))
    def test_message_faults_neither_stay_away_nor_strike_for_ever(self, tmp_path, name, seed):
        import sqlite3

        db = sqlite3.connect(":memory:", isolation_level=None)
        faults = Faults(db=db, profile=name, seeded=Seeded(seed), slow_s=1.0)
        for kind in KINDS:
            drawn = "".join("x" if faults.message(kind) else "." for _ in range(60))

            assert "xxx" not in drawn
            if kind == "pay":
                assert drawn[:12].count("x") >= 2

    def test_the_program_lists_its_profiles_none_first(self):
        command = [sys.executable, "-m", "bankadapters.simulator", "--list-faults"]

        listed = subprocess.run(
            command, capture_output=True, text=True, cwd=ROOT, check=True
        ).stdout.split()

        assert listed == list(PROFILES)
        assert listed[0] == "none"
        assert len(listed) >= 17
