"""Limits: the smallest rules, a release takes its share under lock, and only a sure end of the payment gives it back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal

import pytest
from django.db import connections, transaction
from hypothesis import given
from hypothesis import strategies as st

from kernel import clock
from kernel.errors import Conflict, InvalidInput
from kernel.money import Money
from masterdata.roles import Role
from masterdata.services import dated
from masterdata.services.changes import decide_change
from masterdata.services.dated import Proposal
from payments import limit_selectors
from payments.limit_rows import lay_down_limit
from payments.limiting import Cap, Spend, binds, counted, excess
from payments.models import LimitCounter, LimitUse, PaymentInstruction
from payments.services import evidence, orders
from tests.build import a_company, a_user
from tests.build_payments import a_list, a_person, act, answer, fresh, item, ready, released, sent
from tests.signing import hand_of

DAY = date(2026, 11, 24)


def cap(amount, period="day", **scope):
    values = {
        "company_id": None,
        "account_id": None,
        "person": "",
        "payee_class": "",
        "currency": "CNY",
    }
    return Cap(
        pk=1, line=scope.pop("line", 1), period=period, amount=Decimal(amount), **(values | scope)
    )


def spend(amount, **changes):
    values = {
        "key": 1, "chain": (3, 1), "account_id": 30, "person": "p-r", "payee_class": "new",
        "money": Money(Decimal(amount)), "day": DAY,
    }  # fmt: skip
    return Spend(**(values | changes))


class TestExcess:
    @pytest.mark.parametrize(
        ("limit", "is_bound"),
        [
            (cap(1), True),
            (cap(1, company_id=3), True),
            (cap(1, company_id=1), True),  # a company above
            (cap(1, company_id=2), False),
            (cap(1, account_id=30), True),
            (cap(1, account_id=31), False),
            (cap(1, person="p-r"), True),
            (cap(1, person="p-s"), False),
            (cap(1, payee_class="new"), True),
            (cap(1, payee_class="own"), False),
            (cap(1, currency="USD"), False),
        ],
    )
    def test_binds_what_every_part_of_it_fits(self, limit, is_bound):
        assert binds(limit, spend("5")) == is_bound
        assert (excess([limit], spend("5"), {}) is not None) == is_bound

    def test_the_smallest_rules_and_says_what_is_used(self):
        caps = [cap("100", line=1), cap("50", line=2), cap("8", "item", line=3)]
        used = {(1, "2026-11-24"): Decimal(0), (2, "2026-11-24"): Decimal(45)}

        assert excess(caps, spend("5"), used) is None
        assert "已用 45.00，本笔 6.00（限额第 2 项）" in excess(caps, spend("6"), used).message
        assert "单笔限额 8.00" in excess(caps, spend("9"), {}).message

    @given(
        st.lists(st.decimals("0.01", "60", places=2), max_size=12),
        st.lists(
            st.tuples(st.sampled_from(["item", "day", "month"]), st.decimals("0", "100", places=2)),
            max_size=4,
        ),
    )
    def test_whatever_comes_no_period_holds_more_than_its_limit(self, amounts, limits):
        caps = [cap(amount, period, line=n) for n, (period, amount) in enumerate(limits)]
        used: dict = {}
        for number, amount in enumerate(amounts):
            one = spend(amount, day=date(2026, 11, 1 + number % 3))
            if excess(caps, one, used) is None:
                for _cap, key in counted(caps, one):
                    used[key] = used.get(key, Decimal(0)) + amount

        top = {one.line: one.amount for one in caps}
        assert all(total <= top[line] for (line, _period), total in used.items())


def limit(amount, *, period="day", **scope):
    with transaction.atomic():
        return lay_down_limit({"amount": amount, "period": period} | scope, source_note="测试")


def used(line):
    return sum(LimitCounter.objects.filter(line=line).values_list("used", flat=True), Decimal(0))


def in_step():
    """Every counter is the sum of its uses that were not freed."""
    for counter in LimitCounter.objects.all():
        rows = LimitUse.objects.filter(counter=counter, freed_at=None)
        assert counter.used == sum(rows.values_list("amount", flat=True), Decimal(0))
    return True


class TestRelease:
    def test_takes_its_share_of_every_limit_and_refuses_beyond_with_the_figures(self, world):
        day, month = limit("250"), limit("1000", period="month")
        first = ready(world, amount=Decimal("150.00"))
        second = ready(world, amount=Decimal("150.50"))
        act("release", first, world["releaser"])

        with pytest.raises(
            Conflict, match=r"超过单日限额 250\.00，已用 150\.00，本笔 150\.50"
        ) as caught:
            act("release", second, world["releaser"])

        assert caught.value.code == "limit"
        assert fresh(second).state == "pending_release"
        assert (used(day.line), used(month.line)) == (Decimal(150), Decimal(150))
        assert in_step()

    @pytest.mark.parametrize(
        "scope",
        [
            {"period": "item"},
            {"payee_class": "new"},
            {"company": True},
            {"account": True},
            {"user": True},
        ],
        ids=str,
    )
    def test_knows_limits_on_items_classes_companies_accounts_and_releasers(self, world, scope):
        owners = {
            "company": world.company.pk,
            "account": world.account.pk,
            "user": world["releaser"].pk,
        }
        limit("100", **{name: owners.get(name, value) for name, value in scope.items()})

        with pytest.raises(Conflict, match=r"限额 100\.00"):
            act("release", ready(world, amount=Decimal("100.01")), world["releaser"])
        released(world, amount=Decimal("100.00"))

    def test_a_releasers_limit_is_the_natural_persons(self, world):
        limit("100", user=world["releaser"].pk)
        second_sign_in = a_person(
            "releaser-b",
            person=world["releaser"].person_key,
            role="releaser",
            company=world.company,
        )
        released(world, amount=Decimal("100.00"))

        act("release", ready(world, amount=Decimal("90.00")), world["releaser2"])
        with pytest.raises(Conflict, match=r"已用 100\.00"):
            act("release", ready(world, amount=Decimal("1.00")), second_sign_in)

    def test_in_one_act_the_first_that_fit_go(self, world):
        limit("250")
        rows = [ready(world, amount=Decimal(100 + n)) for n in range(3)]

        done = orders.release_orders(
            items=[item(one) for one in rows],
            actor=world["releaser"],
            hand=hand_of(world["releaser"]),
        )

        assert done.done == [rows[0].pk, rows[1].pk]
        assert "限额" in done.refused[0][1]
        assert in_step()

    def test_counts_on_the_day_the_payment_is_to_leave(self, world, frozen_clock):
        row = limit("250")
        released(world, amount=Decimal("201.00"), wish_date=date(2026, 11, 26))
        released(world, amount=Decimal("200.00"))

        with pytest.raises(Conflict, match=r"已用 200\.00"):
            act("release", ready(world, amount=Decimal("60.00")), world["releaser"])
        assert dict(LimitCounter.objects.filter(line=row.line).values_list("period", "used")) == {
            "2026-11-24": Decimal(200),
            "2026-11-26": Decimal(201),
        }

    def test_a_new_day_begins_at_nothing(self, world, frozen_clock):
        limit("250")
        released(world, amount=Decimal("200.00"))
        frozen_clock.advance(days=1)

        assert released(world, amount=Decimal("201.00"), wish_date=clock.today())

    def test_a_limit_made_at_noon_counts_what_went_in_the_morning(self, world):
        released(world, amount=Decimal("200.00"))
        failed = sent(world, "failed", amount=Decimal("500.00"))
        row = limit("250", account=world.account.pk)

        with pytest.raises(Conflict, match=r"已用 200\.00"):
            act("release", ready(world, amount=Decimal("60.00")), world["releaser"])
        released(world, amount=Decimal("50.00"))

        assert failed.state == "failed"
        assert used(row.line) == Decimal(250)
        assert in_step()

    def test_the_payment_keeps_the_limits_it_met(self, world):
        rows = [limit("1000"), limit("900", period="item"), limit("5", payee_class="own")]

        assert released(world).met["payments.limit"] == [rows[0].pk, rows[1].pk]

    def test_a_raised_limit_keeps_what_was_used(self, world):
        row = limit("100")
        released(world, amount=Decimal("100.00"))
        kind = dated.kind_named("payments.limit")
        more = Proposal(
            values=kind.raw(row) | {"amount": "150.00"}, line=row.line, valid_from=clock.today(), source_note="测试"
        )  # fmt: skip
        dated.version_of(kind, more, earliest=clock.today()).write()

        with pytest.raises(Conflict, match=r"限额 150\.00，已用 100\.00"):
            act("release", ready(world, amount=Decimal("51.00")), world["releaser"])
        released(world, amount=Decimal("50.00"))


class TestWhatBecomesOfIt:
    @pytest.fixture
    def row(self, world):
        return limit("1000")

    @pytest.mark.parametrize(
        ("fate", "left"),
        [("succeeded", 500), ("failed", 0), ("accepted", 500), ("", 500), ("returned", 500)],
    )
    def test_the_banks_answer_spends_keeps_or_frees(self, world, row, fate, left):
        sent(world, fate, amount=Decimal("500.00"))

        assert used(row.line) == Decimal(left)
        assert in_step()

    def test_unknown_keeps_it_until_the_bank_says_it_failed(self, world, row):
        lost = sent(world, "", amount=Decimal("500.00"))
        assert (lost.state, used(row.line)) == ("unknown", Decimal(500))

        answer(lost, "failed")

        assert used(row.line) == Decimal(0)

    def test_a_cancelled_release_gives_it_back_once(self, world, row):
        waiting = released(world, amount=Decimal("500.00"))
        order = fresh(waiting.order)
        orders.cancel_order(
            order_id=order.pk, version=order.version, actor=world["releaser"], why="重复"
        )

        assert used(row.line) == Decimal(0)
        assert in_step()

    def test_a_failure_the_statement_contradicts_takes_it_again(self, world, row):
        from statements import services as statements
        from tests.statements.rows import a_line

        failed = sent(world, "failed", amount=Decimal("500.00"))
        line = a_line("S1", "500.00", direction="debit", reference=failed.bank_ref)
        told = statements.record_entries(
            account_id=world.account.pk, lines=[line], exchange_id=None
        )
        evidence.tie_entries(account_id=world.account.pk, entry_ids=told.new_ids)
        failed.refresh_from_db()

        assert (failed.state, used(row.line)) == ("disputed", Decimal(500))
        assert in_step()

    def test_the_page_tells_paid_from_reserved(self, world, row):
        sent(world, "succeeded", amount=Decimal("300.00"))
        released(world, amount=Decimal("200.00"))

        (told,) = limit_selectors.standings([row], clock.today())

        assert (told.used, told.spent, told.reserved, told.left) == (500, 300, 200, 500)
        assert told.percent == 50


class TestThousandReleasesAtOnce:
    CAP = Decimal("30000.00")

    def test_never_exceed_the_limits(self, world):
        group, month = limit(self.CAP), limit("50000", period="month", account=world.account.pk)
        drafts = a_list(world, 1000)
        for name in ("submit", "check"):
            given_ = {} if name == "submit" else {"hand": hand_of(world["checker"])}
            who = world["maker" if name == "submit" else "checker"]
            done = getattr(orders, f"{name}_orders")(
                items=[item(one) for one in drafts], actor=who, **given_
            )
            assert not done.refused
        items = [item(one) for one in drafts]
        hands = [hand_of(world["releaser"]), hand_of(world["releaser2"])]
        people = [world["releaser"], world["releaser2"]]

        def fire(number: int) -> tuple[int, int]:
            try:
                with clock.fixed(clock.now()):
                    done = orders.release_orders(
                        items=items[number::50], actor=people[number % 2], hand=hands[number % 2]
                    )
                return len(done.done), len(done.refused)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(12) as pool:
            counted_ = list(pool.map(fire, range(50)))

        assert sum(a + b for a, b in counted_) == 1000
        taken = sum(PaymentInstruction.objects.values_list("order__amount", flat=True), Decimal(0))
        assert used(group.line) == used(month.line) == taken <= self.CAP
        assert taken > self.CAP - max(one.amount for one in drafts)
        assert in_step()


class TestEntry:
    @pytest.fixture
    def admins(self, db, frozen_clock):
        group = a_company("G")
        return a_user(Role.ADMIN, company=group), a_user(Role.ADMIN, company=group)

    def propose(self, admins, line=None, **values):
        proposal = Proposal(
            values=values, valid_from=clock.today(), source_note="资金管理办法第 9 条", line=line
        )
        return dated.propose(kind_name="payments.limit", proposal=proposal, actor=admins[0])

    def test_two_people_decide_it(self, admins):
        change = self.propose(admins, amount="5", period="month")
        assert limit_selectors.caps_on(clock.today()) == []

        decide_change(change_id=change.pk, accept=True, actor=admins[1])

        (found,) = limit_selectors.caps_on(clock.today())
        assert (found.amount, found.period) == (Decimal(5), "month")

    def test_a_second_limit_for_the_same_is_refused_and_named(self, admins):
        limit("5")

        with pytest.raises(Conflict, match="限额第 1 项"):
            self.propose(admins, amount="6", period="day")
        assert self.propose(admins, amount="6", period="month").pk

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"amount": "-1"}, "amount"),
            ({"amount": "1.001"}, "amount"),
            ({"period": "year"}, "period"),
            ({"account": 987654}, "account"),
            ({"user": 987654}, "user"),
        ],
    )
    def test_names_the_field_that_cannot_be(self, admins, values, field):
        with pytest.raises(InvalidInput) as caught:
            self.propose(admins, **({"amount": "5", "period": "day"} | values))

        assert caught.value.field == field


def test_what_nobody_bounded_is_not_counted(world):
    released(world)

    assert not LimitUse.objects.exists()
