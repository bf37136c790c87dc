"""Answers read without their request, for the bank tools."""

from __future__ import annotations

from collections.abc import Sequence

from bankadapters.banks.boc import answers, codes
from bankadapters.contract import Balance, Outcome, Reading, StatementPage
from bankadapters.errors import QueryFailed


def read_page(said: answers.Answer) -> Reading:
    """A page read without its query: `next` is the begnum that follows a first page."""
    good = (codes.OK, codes.MORE, codes.NOTHING_FOUND)
    try:
        lines = answers.statement_lines(said) if said.code in good else []
    except QueryFailed as error:
        return Reading(code=error.code, text=error.text, is_error=True)
    following = str(len(lines) + 1) if said.code == codes.MORE and lines else ""
    return as_reading(said, page=StatementPage(lines, next=following), good=good)


def as_reading(
    said: answers.Answer,
    *,
    good: Sequence[str] = (codes.OK,),
    outcomes: Sequence[Outcome] = (),
    balances: Sequence[Balance] = (),
    page: StatementPage | None = None,
    has_session: bool = False,
) -> Reading:
    """A reading of the message-level word; codes outside `good` are errors."""
    return Reading(
        code=said.code,
        text=said.words,
        is_error=said.is_error_envelope or said.code not in good,
        outcomes=outcomes,
        balances=balances,
        page=page if page is not None else StatementPage(()),
        has_session=has_session,
    )
