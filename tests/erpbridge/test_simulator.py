"""The finance system as a program: document → payment → voucher → acknowledged without a person, and the same over every style."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from erpbridge.simulator.books import Books, canonical
from erpbridge.simulator.program import Erp, Habits
from erpbridge.simulator.sides.file import U8FileSide
from erpbridge.simulator.sides.sap import SapFileSide
from kernel import clock
from ledger.models import Voucher
from ledger.rules import Template, TemplateLine
from ledger.services import templates
from ledger.services.templates import TemplateDraft
from ledger.topics import Booking
from masterdata.services import strategy
from payments.models import PaymentInstruction, PaymentOrder
from payments.services import booking, instructions
from tests.build_payments import World, act, claim, fresh, say
from tests.erpbridge.lanes import KEY, Lane, an_item, open_lane

pytestmark = pytest.mark.django_db(transaction=True)


def documents(world: World) -> list[dict[str, Any]]:
    """Four documents: three that can be paid, one that names nobody."""
    good = [
        an_item(world, doc_no="FK1", line_no=str(n), amount=f"{n}000.50", purpose=f"款{n}", gl_subject="220201")
        for n in (1, 2, 3)
    ]  # fmt: skip
    return [*good, an_item(world, doc_no="FK2", amount="5.00", cnaps="12")]


def books_payments(world: World) -> None:
    """Payments are booked by themselves, by a template of the group's."""
    lines = (
        TemplateLine(side="debit", subject="{order_subject|2202}", supplier="{counterparty_code}"),
        TemplateLine(side="credit", subject="{account_subject}", is_bank=True),
    )
    template = Template(
        event="payment",
        voucher_type="付",
        description="{order_no} 付{counterparty_name}",
        lines=lines,
    )
    with transaction.atomic():
        templates.lay_down(
            TemplateDraft(
                template=template, name="付款", valid_from=clock.today(), source_note="测试"
            )
        )
        strategy.decide_once(
            Booking, {"books_payments": True}, company=world.company, source_note="测试"
        )


def pay_all(world: World) -> None:
    """People decide, the bank pays the first and the third and refuses the second; what is paid is booked."""
    for order in PaymentOrder.objects.order_by("pk"):
        act("check", order, world["checker"])
        act("release", fresh(order), world["releaser"])
    batch = claim(world)
    rows = [fresh(order).instruction for order in PaymentOrder.objects.order_by("pk")]
    outcomes = [
        say(row, "failed" if number == 2 else "succeeded", bank_serial=f"B{number}")
        for number, row in enumerate(rows, 1)
    ]
    instructions.record_outcomes(claim=batch, outcomes=outcomes)
    PaymentInstruction.objects.filter(state="succeeded").update(recon_status="matched")
    booking.book_paid()


def an_erp(lane: Lane, home: Path, *, habits: Habits | None = None) -> Erp:
    """A finance system whose records stand in `home`; one made anew finds them there."""
    books = Books(home / "books.sqlite")
    if lane.system is not None:
        kinds = ["payment_result", "voucher"]
        lane.system.settings |= {"kinds": kinds}
        lane.system.save()
    return Erp(lane.side, books, habits, pause=lambda seconds: None)


def meet(lane: Lane, erp: Erp, *, rounds: int = 4) -> None:
    """Both sides' ticks in turn."""
    for _ in range(rounds):
        erp.tick()
        lane.pump()


def walk(lane: Lane, erp: Erp) -> list[dict[str, Any]]:
    """The whole loop; the result set."""
    books_payments(lane.world)
    erp.books.hold(documents(lane.world))
    meet(lane, erp)
    pay_all(lane.world)
    meet(lane, erp)
    return erp.books.results()


def ends(world: World) -> bytes:
    """The one result set every style and every profile comes to, byte for byte."""
    told = {
        "1": ("settled", [], ["100201 0.00 1000.50", "220201 1000.50 0.00"]),
        "2": ("rejected", [], []),
        "3": ("settled", [], ["100201 0.00 3000.50", "220201 3000.50 0.00"]),
    }
    rows = [
        {
            "company_code": "1000", "doc_type": "付款申请单", "doc_no": "FK1", "line_no": line, "amount": f"{line}000.50",
            "currency": "CNY", "outcome": outcome, "errors": errors, "voucher": voucher,
        }
        for line, (outcome, errors, voucher) in told.items()
    ]  # fmt: skip
    refused = {"doc_no": "FK2", "line_no": "1", "amount": "5.00", "outcome": "refused"}
    return canonical([*rows, {**rows[1], **refused, "errors": ["cnaps:cnaps_form"]}])


def require_booked_once() -> None:
    """Every voucher was posted over there, once, and its number stands here."""
    assert sorted(Voucher.objects.values_list("state", "erp_voucher_no")) == [
        ("acked", "付-0001"),
        ("acked", "付-0002"),
    ]


class TestTheLoop:
    def test_runs_without_a_person_and_ends_alike_over_every_style(self, lane, tmp_path):
        results = walk(lane, an_erp(lane, tmp_path))

        assert canonical(results) == ends(lane.world)
        require_booked_once()

    @pytest.mark.parametrize(("profile", "side"), [("u8", U8FileSide), ("sap", SapFileSide)])
    def test_ends_alike_with_the_files_a_u8_and_an_sap_speak(self, world, tmp_path, profile, side):
        with open_lane("file", world, tmp_path) as lane:
            lane.system.profile = profile
            root = tmp_path / "exchange"
            lane.side = side(root, key=KEY, company="1000", day=lambda: f"{clock.today():%Y%m%d}")
            results = walk(lane, an_erp(lane, tmp_path))

        assert canonical(results) == ends(world)
        require_booked_once()

    def test_each_document_of_a_payment_run_gets_the_answer_to_its_own_line(self, world, tmp_path):
        """A run has its lines by account and day: another order than they were entered in."""
        items = [
            an_item(world, line_no=str(n), amount=f"{n}000.50", purpose=f"款{n}", wish_date=day)
            for n, day in enumerate(("2026-11-24", "2026-11-25", "2026-11-24"), 1)
        ]
        with open_lane("file", world, tmp_path) as lane:
            lane.system.profile = "sap"
            root = tmp_path / "exchange"
            lane.side = SapFileSide(
                root, key=KEY, company="1000", day=lambda: f"{clock.today():%Y%m%d}"
            )
            erp = an_erp(lane, tmp_path)
            erp.books.hold(items)
            meet(lane, erp)

        theirs = {row["line_no"]: row["numbers"]["order"] for row in erp.books.results()}
        assert theirs == dict(PaymentOrder.objects.values_list("erp_line_no", "order_no"))


class TestHabits:
    @pytest.mark.parametrize("style", ["table", "file"])
    def test_one_that_ignores_repeats_and_dawdles_posts_each_voucher_once(
        self, world, tmp_path, style
    ):
        habits = Habits(seed=3, silent=0.5, twice=0.7, slow_s=1)
        with open_lane(style, world, tmp_path) as lane:
            results = walk(lane, an_erp(lane, tmp_path, habits=habits))

            assert canonical(results) == ends(world)
            require_booked_once()
            assert PaymentOrder.objects.count() == 3
