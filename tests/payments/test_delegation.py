"""代理: who acts for somebody else is shown as both, and neither of the two acts twice in one payment."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from approvals import selectors as approvals
from approvals.models import Decision
from approvals.signing.verifying import verify_cases
from kernel import clock
from kernel.errors import NotAllowed
from masterdata.models import Membership, User
from masterdata.roles import Role
from masterdata.selectors import scope_of
from masterdata.services import delegations, people_changes
from payments import reading
from payments.models import PaymentOrder
from payments.services import orders
from payments.services.refusals import Held
from tests import build
from tests.build_payments import World, a_person, act, fresh, submitted

pytestmark = pytest.mark.django_db(transaction=True)


def lend(world: World, giver: User, receiver: User, role: Role) -> None:
    """The giver's duty for three days, agreed by a security administrator."""
    day = clock.today()
    change = delegations.propose_delegation(
        giver=giver, receiver=receiver.username, role=role.value, company_id=world.company.pk,
        valid_from=day, valid_to=day + timedelta(days=3),
    )  # fmt: skip
    officer = build.a_user(Role.SECURITY_ADMIN, company=world.company)
    people_changes.decide_people_change(change_id=change.pk, accept=True, actor=officer)


@pytest.fixture
def stand_in(world: World) -> User:
    """Somebody without a duty of their own."""
    return a_person("standin", person="p-standin", role="viewer", company=world.company)


def codes(name: str, order, actor: User) -> str:
    with pytest.raises(NotAllowed) as refused:
        act(name, order, actor)
    return refused.value.code


class TestActFor:
    def test_shows_both_and_is_signed_for_both(self, world: World, stand_in: User) -> None:
        lend(world, world["checker"], stand_in, Role.CHECKER)

        order = act("check", submitted(world), stand_in)

        decision = Decision.objects.get(case_id=order.approval_id)
        assert decision.who == "standin 代 checker"
        assert '"behalf":"p-checker"' in decision.statement
        assert approvals.acted_people(order.approval_id) == {"p-maker", "p-standin", "p-checker"}
        assert "standin 代 checker" in [
            node.who for node in reading.timeline(fresh(order), scope=scope_of(stand_in))
        ]

    def test_neither_of_the_two_acts_again(self, world: World, stand_in: User) -> None:
        lend(world, world["checker"], stand_in, Role.CHECKER)
        order = act("check", submitted(world), stand_in)
        Membership.objects.create(user=world["checker"], role="releaser", company=world.company)
        Membership.objects.create(user=stand_in, role="releaser", company=world.company)

        assert codes("release", order, world["checker"]) == "same_person"
        assert codes("release", order, stand_in) == "same_person"

    def test_nobody_decides_for_the_maker(self, world: World, stand_in: User) -> None:
        Membership.objects.create(user=world["maker2"], role="checker", company=world.company)
        Membership.objects.filter(user=world["maker2"], role="maker").delete()
        lend(world, world["maker2"], stand_in, Role.CHECKER)
        User.objects.filter(pk=world["maker2"].pk).update(person_key="p-maker")

        assert codes("check", submitted(world), stand_in) == "same_person"

    def test_the_database_refuses_what_the_code_would_let_through(
        self, world: World, stand_in: User
    ) -> None:
        lend(world, world["checker"], stand_in, Role.CHECKER)
        order = act("check", submitted(world), stand_in)
        first = Decision.objects.get(case_id=order.approval_id)

        with pytest.raises(IntegrityError), transaction.atomic():
            Decision.objects.create(
                case=first.case, act="release", user=world["checker"], person_key="p-checker",
                digest=first.digest, statement=first.statement, signature=first.signature,
            )  # fmt: skip

    def test_a_released_payment_is_proven_with_a_stand_in(
        self, world: World, stand_in: User
    ) -> None:
        lend(world, world["releaser"], stand_in, Role.RELEASER)
        order = act("check", submitted(world), world["checker"])

        act("release", order, stand_in)

        verdict = verify_cases([fresh(order).approval_id])[fresh(order).approval_id]
        assert "Proven" in type(verdict).__name__
        assert "Un" not in type(verdict).__name__


class TestLiftHold:
    def test_the_makers_stand_in_is_no_third_person(self, world: World, stand_in: User) -> None:
        first = submitted(world, purpose="同一事由")
        with pytest.raises(Held):
            submitted(world, amount=first.amount, purpose="同一事由")
        lend(world, world["treasurer"], stand_in, Role.TREASURER)
        User.objects.filter(pk=world["treasurer"].pk).update(person_key="p-maker")
        order = PaymentOrder.objects.get(state="held")

        with pytest.raises(NotAllowed, match="制单人"):
            orders.lift_hold(order_id=order.pk, version=order.version, actor=stand_in, why="核实")
