"""Payee accounts: versions, white list, calls back and the class a payment's payee has."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from desk.models import ExceptionCase
from kernel import clock
from kernel.errors import Conflict, InvalidInput, NotAllowed
from masterdata import payee_selectors
from masterdata.models import CallBack, CounterpartyAccount, PayeeVersion
from masterdata.payee_selectors import PayeeRef, payee_class
from masterdata.roles import Role
from masterdata.services import callbacks, changes
from masterdata.services.callbacks import Call
from tests.build import a_company, a_payee, a_user, an_account, called_back

pytestmark = pytest.mark.django_db


@pytest.fixture
def group(frozen_clock):
    return a_company("G")


@pytest.fixture
def payee(group):
    return a_payee(company=group, name="江阴恒源化工有限公司")


@pytest.fixture
def people(group):
    return {role: a_user(role, company=group) for role in Role}


def _edited(payee, people, **changed):
    now = {name: getattr(payee, name) for name in changes.PAYEE_FIELDS}
    change = changes.propose_payee_edit(
        account_id=payee.pk, version=payee.version, values=now | changed, actor=people[Role.MAKER]
    )
    changes.decide_change(change_id=change.pk, accept=True, actor=people[Role.ADMIN])
    return CounterpartyAccount.objects.get(pk=payee.pk)


def a_call(**more):
    values = {
        "person_called": "财务 王会计", "telephone": "0510-86001234", "source": "contract",
        "called_at": clock.now(), "answer": "confirmed",
    }  # fmt: skip
    return Call(**(values | more))


def _call(payee, actor, **more):
    return callbacks.record_call(
        account_id=payee.pk, version=payee.version, call=a_call(**more), actor=actor
    )


class TestVersions:
    def test_a_confirmed_account_is_version_one_and_each_edit_a_further_one(self, payee, people):
        edited = _edited(payee, people, name="江阴恒源化工股份有限公司")

        kept = PayeeVersion.objects.filter(account=payee).order_by("number")
        assert [(one.number, one.name) for one in kept] == [
            (1, "江阴恒源化工有限公司"),
            (2, "江阴恒源化工股份有限公司"),
        ]
        assert (edited.version_no, edited.name_key) == (2, "江阴恒源化工股份有限公司")

    def test_a_kept_version_is_never_changed(self, payee):
        with pytest.raises(DatabaseError), transaction.atomic():
            PayeeVersion.objects.filter(account=payee).update(name="别家")


class TestWhitelist:
    def test_wants_two_people_and_ends_with_an_edit(self, payee, people):
        change = changes.propose_payee_whitelist(
            account_id=payee.pk, version=payee.version, on=True, actor=people[Role.MAKER]
        )
        changes.decide_change(change_id=change.pk, accept=True, actor=people[Role.ADMIN])
        listed = CounterpartyAccount.objects.get(pk=payee.pk)
        edited = _edited(listed, people, bank_name="中国工商银行江阴支行")

        assert (listed.is_whitelisted, edited.is_whitelisted) == (True, False)

    def test_is_not_given_to_what_was_edited_meanwhile(self, payee, people):
        change = changes.propose_payee_whitelist(
            account_id=payee.pk, version=payee.version, on=True, actor=people[Role.MAKER]
        )
        _edited(payee, people, bank_name="中国工商银行江阴支行")

        with pytest.raises(Conflict):
            changes.decide_change(change_id=change.pk, accept=True, actor=people[Role.ADMIN])


class TestCallBack:
    def test_proves_something_once_a_second_person_confirmed_it(self, payee, people):
        call = _call(payee, people[Role.TREASURER])
        before = payee_selectors.standings([payee.pk])[payee.pk].call
        callbacks.decide_call(call_id=call.pk, confirm=True, actor=people[Role.ADMIN])

        assert (before, payee_selectors.standings([payee.pk])[payee.pk].call) == (
            "proposed",
            "confirmed",
        )

    def test_is_not_confirmed_by_who_called(self, payee, people):
        call = _call(payee, people[Role.ADMIN])

        with pytest.raises(NotAllowed) as caught:
            callbacks.decide_call(call_id=call.pk, confirm=True, actor=people[Role.ADMIN])

        assert caught.value.code == "same_person"

    def test_is_not_made_by_who_announced_the_account(self, payee, group):
        same = a_user(Role.TREASURER, company=group, person_key=payee.made_by.person_key)

        with pytest.raises(NotAllowed) as caught:
            _call(payee, same)

        assert caught.value.code == "same_person"

    def test_wants_the_right(self, payee, people):
        with pytest.raises(NotAllowed):
            _call(payee, people[Role.MAKER])

    @pytest.mark.parametrize(
        ("said", "field"),
        [
            ({"person_called": " "}, "person_called"),
            ({"telephone": ""}, "telephone"),
            ({"source": "the change notice"}, "source"),
            ({"answer": "maybe"}, "answer"),
        ],
    )
    def test_names_what_is_missing(self, payee, people, said, field):
        with pytest.raises(InvalidInput) as caught:
            _call(payee, people[Role.TREASURER], **said)

        assert caught.value.field == field

    @pytest.mark.parametrize("days", [-1, 31])
    def test_is_of_lately_and_not_of_tomorrow(self, payee, people, days):
        with pytest.raises(InvalidInput):
            _call(payee, people[Role.TREASURER], called_at=clock.now() - timedelta(days=days))

    def test_an_edit_wants_another_call(self, payee, people):
        called_back(payee, caller=people[Role.TREASURER], confirmer=people[Role.ADMIN])
        _edited(payee, people, name="江阴恒源化工股份有限公司")

        assert payee_selectors.standings([payee.pk])[payee.pk].call == ""

    def test_a_denial_counts_at_once_and_stands_until_a_confirmed_yes(self, payee, people):
        denied = _call(payee, people[Role.TREASURER], answer="denied")
        assert payee_selectors.standings([payee.pk])[payee.pk].call == "denied"
        assert ExceptionCase.objects.filter(kind=callbacks.DENIED, closed_at=None).count() == 1
        callbacks.decide_call(call_id=denied.pk, confirm=True, actor=people[Role.ADMIN])

        again = _call(payee, people[Role.CHECKER])
        assert payee_selectors.standings([payee.pk])[payee.pk].call == "denied"
        callbacks.decide_call(call_id=again.pk, confirm=True, actor=people[Role.ADMIN])

        assert payee_selectors.standings([payee.pk])[payee.pk].call == "confirmed"
        assert not ExceptionCase.objects.filter(kind=callbacks.DENIED, closed_at=None).exists()

    def test_the_database_wants_two_people(self, payee, people):
        call = _call(payee, people[Role.TREASURER])

        with pytest.raises(DatabaseError), transaction.atomic():
            CallBack.objects.filter(pk=call.pk).update(decided_by=call.made_by)


@pytest.mark.parametrize(
    ("is_personal", "was_paid", "name"),
    [(True, True, "personal"), (False, True, "whitelisted"), (False, False, "new")],
)
def test_each_payee_has_exactly_one_class(group, payee, is_personal, was_paid, name):
    assert payee_class(PayeeRef(group.pk, payee.number, payee.pk, is_personal, was_paid)) == name


def test_the_white_list_counts_before_the_first_payment(group, payee, people):
    change = changes.propose_payee_whitelist(
        account_id=payee.pk, version=payee.version, on=True, actor=people[Role.MAKER]
    )
    changes.decide_change(change_id=change.pk, accept=True, actor=people[Role.ADMIN])

    assert payee_class(PayeeRef(group.pk, payee.number, payee.pk, False, False)) == "whitelisted"


def test_an_own_account_is_known_by_its_number(group, payee):
    other = a_company("O", parent=group)
    own, sister = an_account(company=group), an_account(company=other)
    found = [
        payee_class(PayeeRef(group.pk, number, account_id, False, False))
        for number, account_id in ((own.number, None), (sister.number, None), ("1", payee.pk))
    ]

    assert found == ["own", "group", "new"]
