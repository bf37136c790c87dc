"""Readings of answers: the message-level word as a verdict, with what the operation brought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bankadapters.banks.boc import answers, codes
from bankadapters.contract import Balance, Outcome, Reading, StatementPage, Verdict
from bankadapters.errors import QueryFailed
from kernel.secrets import Secret


def read_page(said: answers.Answer, *, account: str = "", begin: int = 1) -> Reading:
    """A page of rows, seen from `account` if it is known; `next` is the begnum that follows."""
    good = (codes.OK, codes.MORE, codes.NOTHING_FOUND)
    try:
        lines = answers.statement_lines(said, account=account) if said.code in good else []
    except QueryFailed as error:
        return Reading(code=error.code, text=error.text, verdict=Verdict.UNDECIDED)
    following = str(begin + len(lines)) if said.code == codes.MORE and lines else ""
    page = StatementPage(lines, next=following, total=answers.total_rows(said))
    return as_reading(said, page=page, good=good)


def read_session(said: answers.Answer) -> Reading:
    """The answer to a sign-on or sign-off; B002 with the text OK is a success here."""
    token = answers.session_token(said) if said.code == codes.OK else ""
    made = as_reading(said, has_session=bool(token), good=(codes.OK, codes.MORE))
    return replace(made, token=Secret(token) if token else None)


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
        number=said.trnid,
        verdict=_verdict(said, good),
        outcomes=outcomes,
        balances=balances,
        page=page if page is not None else StatementPage(()),
        has_session=has_session,
    )


def _verdict(said: answers.Answer, good: Sequence[str]) -> Verdict:
    if said.refuses_session:
        return Verdict.NO_SESSION
    if said.is_error_envelope or said.code not in good:
        return Verdict.UNDECIDED
    return Verdict.READ
