"""How figures, account numbers and times read on screen and in files; the same in every language."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.templatetags.static import static
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from desk.diff import Piece, pieces
from desk.reading import note
from desk.words import words_of
from kernel.clock import SHANGHAI

UNKNOWN_FIGURE = "—"


def money_text(amount: Decimal | None) -> str:
    """`1,268,400.00`; an unknown figure is a dash, never zero."""
    return UNKNOWN_FIGURE if amount is None else f"{amount:,.2f}"


def money_html(amount: Decimal | None, currency: str = "") -> SafeString:
    """The figure as markup: tabular, negative in red with its minus, copied without separators."""
    if amount is None:
        return mark_safe('<span class="money money--none">—</span>')
    tone = " money--minus" if amount < 0 else ""
    code = f' <small class="money__currency">{escape(currency)}</small>' if currency else ""
    return mark_safe(  # noqa: S308 - digits and an escaped code
        f'<span class="money{tone}" data-copy="{amount:.2f}">{amount:,.2f}{code}</span>'
    )


def grouped_account(number: str) -> str:
    """The account number in groups of four; whoever sees a card's this way is written down (`desk.reading`)."""
    note(number)
    return " ".join(number[i : i + 4] for i in range(0, len(number), 4))


def masked_account(number: str) -> str:
    """First four and last four of an account number; short ones keep their last two only."""
    if not number:
        return UNKNOWN_FIGURE
    if len(number) <= 8:
        return "*" * max(len(number) - 2, 0) + number[-2:]
    return f"{number[:4]} **** {number[-4:]}"


def account_html(number: str, *, full: bool = False) -> SafeString:
    """An account number as markup; in full it can be copied without blanks."""
    if not full:
        return format_html('<span class="account">{}</span>', masked_account(number or ""))
    return format_html(
        '<span class="account" data-copy="{}">{}</span>', number, grouped_account(number)
    )


def differing_html(mine: str, theirs: str) -> tuple[SafeString, SafeString]:
    """Both texts as markup, each with the characters marked that the other lacks at that place."""
    return _marked(*pieces(mine, theirs))


def _marked(left: Sequence[Piece], right: Sequence[Piece]) -> tuple[SafeString, SafeString]:
    def one(side: Sequence[Piece]) -> SafeString:
        marks = (
            format_html('<mark class="diff__other">{}</mark>', piece.text)
            if piece.differs
            else escape(piece.text)
            for piece in side
        )
        return mark_safe("".join(marks) or UNKNOWN_FIGURE)  # noqa: S308 - escaped piece by piece

    return one(left), one(right)


def day_text(day: date | datetime | None) -> str:
    """`2026-11-23`, Shanghai."""
    if day is None:
        return UNKNOWN_FIGURE
    return (day.astimezone(SHANGHAI) if isinstance(day, datetime) else day).strftime("%Y-%m-%d")


def time_text(moment: datetime | None) -> str:
    """`2026-11-23 09:30`, Shanghai, 24 h."""
    return (
        UNKNOWN_FIGURE if moment is None else moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
    )


def second_text(moment: datetime | None) -> str:
    """`2026-11-23 09:30:07`, Shanghai, 24 h: where seconds are what is looked for."""
    if moment is None:
        return UNKNOWN_FIGURE
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


def icon_html(name: str) -> SafeString:
    """One icon of icons.svg; decoration only, hidden from screen readers."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>',
        static("yqlink/icons.svg"),
        name,
    )


def state_html(state: str, note: str = "") -> SafeString:
    """A state as pill: icon, word and tone, and what is still open (`2/3`) behind it."""
    words = words_of(state)
    return format_html(
        '<span class="state" data-state="{}" data-tone="{}">{}{}{}</span>',
        state,
        words.tone,
        icon_html(words.icon),
        words.word,
        format_html(" <small>{}</small>", note) if note else "",
    )
