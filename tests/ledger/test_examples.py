"""The example's voucher of a template: what a person sees before it is proposed, agreed to or used."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.examples import example_of
from ledger.rules import EVENTS, Template, TemplateLine
from tests.ledger.build import PAYMENT
from yqlink.management.commands.seed_erp import _TEMPLATE as DEMO_PAYMENT
from yqlink.management.demo_receipts import _TEMPLATES as DEMO_RECEIPTS
from yqlink.management.demo_templates import OF_BANK_LINES

DAY = date(2026, 11, 24)
OF_DEMO = [DEMO_PAYMENT, *(one for _name, one in (*DEMO_RECEIPTS, *OF_BANK_LINES))]


class TestExampleOf:
    @pytest.mark.parametrize("template", [PAYMENT, *OF_DEMO], ids=lambda one: one.event)
    def test_balances_for_every_template_of_the_demo(self, template):
        told = example_of(template, day=DAY)

        assert told.refusal is None
        assert sum(line.debit for line in told.lines) == told.total > 0
        assert sum(line.credit for line in told.lines) == told.total

    def test_knows_a_word_for_every_hole_and_a_sum_for_every_figure(self):
        for event, kind in EVENTS.items():
            figure = "+".join(kind.figures)
            text = " ".join(f"{{{word}}}" for word in kind.words)
            lines = (
                TemplateLine(side="debit", subject="1002", figure=figure, description=text),
                TemplateLine(side="credit", subject="2202", figure=figure),
            )
            template = Template(event=event, voucher_type="记", description="", lines=lines)

            told = example_of(template, day=DAY)

            assert told.refusal is None
            assert not set(kind.words) & set(told.lines[0].description.split())

    def test_says_why_where_none_can_be_made(self):
        lines = (
            TemplateLine(side="debit", subject="{purpose}"),
            TemplateLine(side="credit", subject="{account_subject}", is_bank=True),
        )
        template = Template(event="payment", voucher_type="付", description="", lines=lines)

        assert "不是科目编码" in example_of(template, day=DAY).refusal.message

    def test_there_is_none_of_an_event_that_is_not_booked(self):
        template = Template(event="payment", voucher_type="付", description="", lines=())

        assert example_of(template, day=DAY) is None
