"""`manage.py seed_books`: two months of books in the demo, reconciled by its people. Idempotent; after `seed_demo`."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

import ledger.period_selectors
import ledger.selectors
import masterdata.selectors as masterdata
from kernel import clock
from ledger.judging import Wish
from ledger.services import journals, openings
from masterdata.services.stepup import StepUp
from reconciliation import day_selectors, outstanding, statement_selectors
from reconciliation.services import closing, days, running, signing
from reconciliation.services.days import Asked
from statements import continuity
from statements.services import uploads
from yqlink.management import demo_books, demo_templates
from yqlink.management.demo_books import Month

if TYPE_CHECKING:
    from masterdata.models import OwnAccount, User


class Command(BaseCommand):
    """Lay down the books; a second run finds them there."""

    help = "Lay down two months of books in the demo group (idempotent)"

    def handle(self, *args: object, **options: Any) -> None:
        """Files of both sides, matching, days, statement and close of the first month; the second stays open."""
        if settings.CHANNEL != "simulator":
            raise CommandError("the demo is never laid down beside a live channel")
        account = masterdata.account_by_number(demo_books.NUMBER, scope=masterdata.system_scope())
        if account is None:
            raise CommandError("run seed_demo first")
        found = (masterdata.user_by_username(name) for name in ("recon1", "recon2", "treasurer1"))
        accountant, second, treasurer = (_person(one) for one in found)
        demo_templates.lay_down(demo_templates.OF_BANK_LINES)
        first, later = demo_books.months(clock.today())
        if _is_closed(account, first.code) or _is_other(account, first):
            return
        if ledger.selectors.opening_in_force(account.pk) is None:
            openings.lay_down(
                account=account, day=first.first, balance=demo_books.OPENING, source_note="演示期初"
            )
        opening = demo_books.OPENING
        for number, month in enumerate((first, later), start=1):
            _take_in(account, month, opening=opening, number=number, actor=accountant)
            opening += month.net
        running.run(account_id=account.pk)
        _sign(account, first, preparer=accountant, reviewer=treasurer)
        _close(account, first.code, asker=accountant, decider=second)


def _is_closed(account: OwnAccount, month: str) -> bool:
    return (account.company_id, month) in ledger.selectors.locked_months([account.company_id])


def _is_other(account: OwnAccount, first: Month) -> bool:
    """Whether the books were laid down in an earlier month: they stay as they are."""
    opening = ledger.selectors.opening_in_force(account.pk)
    return opening is not None and opening.day != first.first


def _person(user: User | None) -> User:
    if user is None:
        raise CommandError("run seed_demo first")
    return user


def _factor(user: User) -> StepUp:
    """The demo's people are at hand: nobody is asked for a code while the demo is laid down."""
    return StepUp(user.pk, "totp", "demo", clock.now())


def _take_in(
    account: OwnAccount, month: Month, *, opening: Decimal, number: int, actor: User
) -> None:
    """Both files of a month through preview and import; one that was taken in is left alone."""
    if not continuity.statements_between(account.pk, month.first, month.last).exists():
        told = demo_books.statement(month, opening=opening, number=number)
        file = uploads.preview_file(
            data=told, filename=f"statement-{month.code}.xml", actor=actor, wish=uploads.Wish()
        )
        uploads.confirm_file(file_id=file.pk, actor=actor)
    if not ledger.selectors.journal_between(
        account.pk, first=month.first, last=month.last
    ).exists():
        name = f"journal-{month.code}.csv"
        book = journals.preview_file(
            data=demo_books.journal(month), filename=name, actor=actor, wish=Wish()
        )
        journals.confirm_file(file_id=book.pk, actor=actor, why="演示")


def _sign(account: OwnAccount, month: Month, *, preparer: User, reviewer: User) -> None:
    """The month's days, and its statement of reconciliation."""
    signed = day_selectors.signed_days([account.pk], month.first, month.last).get(account.pk, set())
    for day in sorted({one.day for one in month.bank} - signed):
        _sign_day(account, day, preparer)
    if account.pk in statement_selectors.standing_statements([account.pk], month.last):
        return
    known = outstanding.known_at(account.pk, clock.now())
    sheet = outstanding.sheet(account, month.last, known)
    row = signing.prepare(
        account_id=account.pk,
        day=month.last,
        figures=sheet.figures(),
        actor=preparer,
        stepup=_factor(preparer),
    )
    signing.review(
        statement_id=row.pk,
        version=row.version,
        accept=True,
        actor=reviewer,
        stepup=_factor(reviewer),
    )


def _sign_day(account: OwnAccount, day: date, actor: User) -> None:
    report = day_selectors.reports([account], day)[account.pk]
    for one in report.unclassified:
        if one.line is not None:
            days.classify(
                account_id=account.pk, entry_id=one.line.id, kind="other", note=one.line.text, actor=actor
            )  # fmt: skip
    days.sign(
        asked=Asked(account.pk, report.entries_digest()),
        day=day,
        actor=actor,
        stepup=_factor(actor),
    )


def _close(account: OwnAccount, month: str, *, asker: User, decider: User) -> None:
    period = ledger.period_selectors.period_row(account.company_id, month)
    change = closing.propose(
        company_id=account.company_id,
        month=month,
        version=period.version if period else 0,
        kind="lock",
        actor=asker,
        why="对账完成，调节表已签字",
    )
    closing.decide(change_id=change.pk, accept=True, actor=decider, stepup=_factor(decider))
