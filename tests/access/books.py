"""The books and bank files of the stage: a voucher in both states, a template, a month, a change, files on their preview."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction

from ledger.judging import Wish as JournalWish
from ledger.models import Period
from ledger.services import journals, openings, posting
from masterdata.models import User
from masterdata.roles import Role
from statements.services import uploads
from tests import build
from tests.ledger.build import a_fact, a_template
from tests.ledger.test_journals import HEAD, ROWS
from tests.statements.test_files import a_camt

Kept = dict[str, list[tuple[str, Any]]]


def lay_down(world: Any) -> Kept:
    """What the pages of ledger and statements are asked for."""
    clerk = build.a_user(Role.RECONCILER, company=world.company)
    template = a_template()
    with transaction.atomic():
        (posted,) = posting.post([a_fact(world.account)])
        (draft,) = posting.draft([a_fact(world.account, key="payment:2")], actor=clerk)
    assert posted.voucher is not None
    assert draft.voucher is not None
    change = openings.propose(
        account_id=world.account.pk, day=date(2026, 11, 1), balance=Decimal("1.00"), source_note="十月账", actor=clerk,
    )  # fmt: skip
    period, _ = Period.objects.get_or_create(company=world.company, code="2026-11")
    return {
        "voucher_id": [("posted", posted.voucher.pk), ("draft", draft.voucher.pk)],
        "template_id": [("", template.pk)],
        "period_id": [("", period.pk)],
        "book_change_id": [("", change.pk)],
        **_files(world, clerk),
    }


def _files(world: Any, clerk: User) -> Kept:
    journal = journals.preview_file(
        data=(HEAD + ROWS).encode("gb18030"), filename="j.csv", actor=clerk,
        wish=JournalWish(account_id=world.account.pk),
    )  # fmt: skip
    statement = uploads.preview_file(
        data=a_camt("5.00", account=world.account.number), filename="s.xml", actor=clerk, wish=uploads.Wish(account_id=world.account.pk),
    )  # fmt: skip
    return {
        "journal_file_id": [(str(clerk.pk), journal.pk)],
        "statement_file_id": [(str(clerk.pk), statement.pk)],
    }
