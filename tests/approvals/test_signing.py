"""Signing keys from their making to their end, and what a decision is worth without one."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction

from approvals import services
from approvals.models import Decision, Signature, SigningKey
from approvals.signing import keys, trust
from approvals.signing.verifying import Proven, Unproven, verify_cases
from audit.models import Entry
from kernel import clock, signatures
from kernel.errors import Conflict, DomainError, InvalidInput, NotAllowed
from kernel.secrets import Secret
from tests.approvals.cases import a_case
from tests.build import matrix_row, step_up
from tests.signing import PASSPHRASE, a_registrar, give_key, signer_of

GOOD = Secret("correct horse battery 9")
ACTS = {"check": "checker", "approve": "approver", "release": "releaser"}


def established(user):
    with transaction.atomic():
        return keys.establish(user=user, passphrase=PASSPHRASE)


def confirmed(key, officer):
    key.refresh_from_db()
    return keys.confirm(
        key_id=key.pk, version=key.version, digits=key.fingerprint[-8:], actor=officer,
        signer=keys.unlock(user=officer, passphrase=PASSPHRASE),
    )  # fmt: skip


class TestEnrol:
    def test_a_key_signs_nothing_until_a_security_administrator_has_vouched_for_it(self, people):
        established(people["officer"])
        key = keys.enrol(user=people["checker"], passphrase=GOOD)
        with pytest.raises(NotAllowed) as before:
            keys.unlock(user=people["checker"], passphrase=GOOD)

        confirmed(key, people["officer"])

        assert before.value.code == "key_missing"
        assert keys.unlock(user=people["checker"], passphrase=GOOD).fingerprint == key.fingerprint
        assert (
            trust.fault(
                SigningKey.objects.get(pk=key.pk), SigningKey.objects.get(user=people["officer"])
            )
            == ""
        )

    def test_wants_a_strong_passphrase_and_one_key_at_a_time(self, people):
        with pytest.raises(InvalidInput, match="口令"):
            keys.enrol(user=people["checker"], passphrase=Secret("123456"))
        keys.enrol(user=people["checker"], passphrase=GOOD)

        with pytest.raises(Conflict):
            keys.enrol(user=people["checker"], passphrase=GOOD)

    def test_nobody_vouches_for_himself_or_without_the_digits_heard(self, people):
        established(people["officer"])
        own = keys.enrol(user=people["officer"], passphrase=GOOD)
        other = keys.enrol(user=people["checker"], passphrase=GOOD)
        signer = keys.unlock(user=people["officer"], passphrase=PASSPHRASE)

        with pytest.raises(NotAllowed) as himself:
            keys.confirm(
                key_id=own.pk,
                version=1,
                digits=own.fingerprint[-8:],
                actor=people["officer"],
                signer=signer,
            )
        with pytest.raises(InvalidInput):
            keys.confirm(
                key_id=other.pk,
                version=1,
                digits="00000000",
                actor=people["officer"],
                signer=signer,
            )
        with pytest.raises(NotAllowed):
            keys.confirm(
                key_id=other.pk,
                version=1,
                digits=other.fingerprint[-8:],
                actor=people["checker"],
                signer=signer,
            )

        assert himself.value.code == "same_person"

    def test_an_officer_whose_key_is_not_pinned_vouches_for_nobody(self, people):
        established(people["officer"])
        confirmed(keys.enrol(user=people["officer2"], passphrase=PASSPHRASE), people["officer"])
        key = keys.enrol(user=people["checker"], passphrase=GOOD)

        with pytest.raises(NotAllowed) as caught:
            confirmed(key, people["officer2"])

        assert caught.value.code == "not_a_registrar"

    def test_a_newer_key_takes_the_place_of_the_older_which_stays_good(self, people):
        established(people["officer"])
        first = confirmed(keys.enrol(user=people["checker"], passphrase=GOOD), people["officer"])
        second = confirmed(keys.enrol(user=people["checker"], passphrase=GOOD), people["officer"])

        first.refresh_from_db()

        assert (first.state, second.state) == ("retired", "active")
        assert first.distrusted_from is None


class TestUnlock:
    def test_five_wrong_passphrases_lock_the_key_for_a_while_and_are_recorded(
        self, people, frozen_clock
    ):
        user = people["checker"]
        give_key(user)
        for _ in range(keys.FAILURES_MAX):
            with pytest.raises(NotAllowed):
                keys.unlock(user=user, passphrase=Secret("wrong"))

        with pytest.raises(NotAllowed) as caught:
            keys.unlock(user=user, passphrase=PASSPHRASE)
        frozen_clock.advance(minutes=keys.LOCK_MINUTES + 1)
        signer = keys.unlock(user=user, passphrase=PASSPHRASE)

        assert caught.value.code == "key_locked"
        assert signer.person_key == "p-checker"
        assert Entry.objects.filter(event="approvals.signing_key.unlock_failed").count() == 4
        assert Entry.objects.filter(event="approvals.signing_key.locked").count() == 1

    def test_an_expired_key_signs_no_more(self, people, frozen_clock):
        give_key(people["checker"])
        frozen_clock.advance(days=731)

        with pytest.raises(NotAllowed) as caught:
            keys.unlock(user=people["checker"], passphrase=PASSPHRASE)

        assert caught.value.code == "key_expired"

    def test_another_passphrase_opens_the_same_key(self, people):
        key = give_key(people["checker"])
        with pytest.raises(NotAllowed):
            keys.change_passphrase(user=people["checker"], old=Secret("wrong"), new=GOOD)

        keys.change_passphrase(user=people["checker"], old=PASSPHRASE, new=GOOD)

        assert keys.unlock(user=people["checker"], passphrase=GOOD).fingerprint == key.fingerprint

    def test_shows_its_private_half_to_nobody(self, people):
        signer = signer_of(people["checker"])
        key = SigningKey.objects.get(user=people["checker"])

        assert signer.private.reveal() not in repr(signer)
        assert bytes.fromhex(signer.private.reveal()) not in bytes(key.box)


@pytest.fixture
def case(people):
    matrix_row(1)
    return a_case(people["maker"])


def decide(case, act, user, **more):
    signing = services.Signing(signer=signer_of(user), stepup=step_up(user), **more)
    with transaction.atomic():
        return services.decide(
            case_id=case.pk, act=services.Act(act), actor=user, digest="d" * 64, signing=signing
        )


def released(case, people):
    for act, name in ACTS.items():
        decide(
            case, act, people[name], **({"sealed": {case.pk: "5" * 64}} if act == "release" else {})
        )


class TestDecide:
    def test_is_refused_without_a_key_and_with_somebody_elses(self, people, case):
        borrowed = services.Signing(signer=signer_of(people["approver"]))

        for signing, code in ((None, "unsigned"), (borrowed, "not_your_key")):
            with pytest.raises(NotAllowed) as caught, transaction.atomic():
                services.decide(
                    case_id=case.pk, act=services.Act.CHECK, actor=people["checker"], digest="d" * 64, signing=signing
                )  # fmt: skip
            assert caught.value.code == code

    def test_the_database_refuses_a_decision_nobody_signed(self, people, case):
        values = {
            "case": case, "act": "check", "user": people["checker"], "person_key": "p-checker", "digest": case.digest,
        }  # fmt: skip
        decide(case, "check", people["checker"])
        kept = Decision.objects.get()
        borrowed = {
            **values,
            "act": "release",
            "user": people["releaser"],
            "person_key": "p-releaser",
        }

        for wrong in (
            {**borrowed},
            {**borrowed, "signature": kept.signature, "statement": kept.statement},
        ):
            with pytest.raises(DatabaseError, match="not signed"), transaction.atomic():
                Decision.objects.create(**wrong)
        give_key(people["approver"])
        own = Signature.objects.create(
            key=SigningKey.objects.get(user=people["approver"]), root="0" * 64, signature=b""
        )
        approve = {
            **values,
            "act": "approve",
            "user": people["approver"],
            "person_key": "p-approver",
        }
        with pytest.raises(DatabaseError, match="what was signed"), transaction.atomic():
            Decision.objects.create(**approve, signature=own, statement=kept.statement)

    def test_every_statement_says_who_what_when_and_what_was_shown(self, people, case):
        decide(case, "check", people["checker"], shown=b"the page")

        said = json.loads(Decision.objects.get().statement)

        assert said["person"] == "p-checker"
        assert said["maker"] == "p-maker"
        assert (said["act"], said["subject"], said["content"]) == ("check", "payment:7", "d" * 64)
        assert said["shown"] == services.seal.digest(b"the page")
        assert said["at"] == "2026-11-24T09:30:00+08:00"


class TestVerifyCases:
    def test_proves_a_case_its_people_signed(self, people, case):
        released(case, people)

        verdict = verify_cases([case.pk])[case.pk]

        assert verdict == Proven(
            "payment:7", "d" * 64, "5" * 64, "p-maker", ("p-checker", "p-approver", "p-releaser")
        )

    def test_a_case_half_way_or_without_decisions_proves_nothing(self, people, case):
        decide(case, "check", people["checker"])

        verdicts = verify_cases([case.pk, case.pk + 1])

        assert all(isinstance(one, Unproven) for one in verdicts.values())

    def test_what_an_earlier_key_signed_stays_proven_after_it_was_replaced(self, people, case):
        released(case, people)
        registrar, _ = a_registrar()
        signer = keys.unlock(user=registrar, passphrase=PASSPHRASE)
        with transaction.atomic():
            key = keys.add(people["checker"], PASSPHRASE, now=clock.now())
            keys.certify(
                key,
                signer=signer,
                registrar=SigningKey.objects.get(pk=signer.key_id),
                actor=registrar,
            )

        assert isinstance(verify_cases([case.pk])[case.pk], Proven)

    def test_what_a_suspect_key_signed_from_then_on_counts_no_more(
        self, people, case, frozen_clock
    ):
        released(case, people)
        key = SigningKey.objects.get(user=people["approver"])
        frozen_clock.advance(hours=1)
        keys.revoke(key_id=key.pk, version=key.version, why="丢失", actor=people["officer"])
        assert isinstance(verify_cases([case.pk])[case.pk], Proven)

        key.refresh_from_db()
        SigningKey.objects.filter(pk=key.pk).update(
            distrusted_from=clock.now() - timedelta(hours=2)
        )

        assert "distrusted" in verify_cases([case.pk])[case.pk].why

    @pytest.mark.parametrize("algorithm", ["ecdsa-p256", "sm2"])
    def test_proves_either_algorithm(self, people, case, monkeypatch, algorithm):
        monkeypatch.setenv("CRYPTO_SUITE", "sm" if algorithm == "sm2" else "intl")

        released(case, people)

        assert set(SigningKey.objects.values_list("algorithm", flat=True)) == {algorithm}
        assert isinstance(verify_cases([case.pk])[case.pk], Proven)


class TestEstablishRegistrar:
    def run(self, username, monkeypatch, typed="correct horse battery 9\n"):
        out = StringIO()
        monkeypatch.setattr("sys.stdin", StringIO(typed))
        call_command("establish_registrar", username, stdout=out)
        return out.getvalue()

    def test_pins_the_key_of_a_security_administrator(
        self, people, monkeypatch, settings, tmp_path
    ):
        settings.REGISTRARS_FILE = str(tmp_path / "trust" / "registrars")

        told = self.run("officer", monkeypatch)

        key = SigningKey.objects.get(user=people["officer"])
        assert key.fingerprint in told
        assert trust.registrars() == {key.fingerprint}

    def test_refuses_anybody_else_and_a_weak_passphrase(self, people, monkeypatch):
        with pytest.raises(CommandError):
            self.run("checker", monkeypatch)
        with pytest.raises((CommandError, DomainError)):
            self.run("officer", monkeypatch, typed="short\n")


def test_a_fingerprint_is_of_algorithm_and_point_together():
    _, point = signatures.generate("ecdsa-p256")

    assert signatures.fingerprint("ecdsa-p256", point) != signatures.fingerprint("sm2", point)
