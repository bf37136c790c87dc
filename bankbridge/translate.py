"""Our rows and words ↔ the adapter contract; the only file that knows both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING

from bankadapters import contract
from bankadapters.errors import Refused, Unencodable
from kernel.money import Money
from kernel.references import bank_reference
from payments.outcomes import ClaimedBatch, DueInquiry, ReportedOutcome, SealedInstruction
from statements.rules import BalanceFigure, EntryLine
from statements.services.receipts import ReceiptLine

if TYPE_CHECKING:
    from masterdata.models import OwnAccount
    from statements.models import BankReceipt


def instruction(sealed: SealedInstruction) -> contract.Instruction:
    """What was sealed, in the contract's words; nothing is added, shortened or corrected on the way."""
    return contract.Instruction(
        reference=sealed.bank_ref,
        payer_account=sealed.payer_account,
        payer_name=sealed.payer_name,
        payee_account=sealed.payee_account,
        payee_name=sealed.payee_name,
        payee_bank=sealed.payee_bank,
        cnaps=sealed.cnaps,
        money=Money(sealed.amount, sealed.currency),
        purpose=sealed.purpose,
        day=sealed.day,
        urgent=sealed.is_urgent,
        personal=sealed.is_personal,
        payer_branch=sealed.payer_branch,
        remark=sealed.remark,
    )


def batch(claim: ClaimedBatch, declared: contract.Profile) -> contract.Batch:
    """The claimed batch as the adapter sends it, under a number that this bank's field can carry."""
    return contract.Batch(
        batch_no=bank_reference(claim.batch_no, declared.reference),
        instructions=[instruction(sealed) for sealed in claim.instructions],
        operation=contract.Ability(claim.operation),
    )


def inquiry(due: DueInquiry, declared: contract.Profile) -> contract.Inquiry:
    """One question about a payment, with what was sent of it."""
    return contract.Inquiry(
        reference=due.bank_ref,
        bank_serial=due.bank_serial,
        day=due.day,
        operation=contract.Ability(due.operation),
        batch_no=bank_reference(due.batch_no, declared.reference) if due.batch_no else "",
        payer_account=due.payer_account,
        money=Money(due.amount, due.currency),
    )


def reported(outcomes: Iterable[contract.Outcome]) -> list[ReportedOutcome]:
    """The bank's words on payments, in ours."""
    return [
        ReportedOutcome(
            bank_ref=outcome.reference,
            fate=str(outcome.fate),
            bank_serial=outcome.bank_serial,
            code=outcome.code,
            text=outcome.text,
            amount=None if outcome.money is None else outcome.money.amount,
            not_found=outcome.not_found,
        )
        for outcome in outcomes
    ]


def refused(claim: ClaimedBatch, error: Refused) -> list[ReportedOutcome]:
    """A definitive refusal of the whole message is the definitive failure of each of its items."""
    return [
        ReportedOutcome(
            bank_ref=sealed.bank_ref,
            fate=str(contract.Fate.FAILED),
            code=error.code,
            text=error.text,
        )
        for sealed in claim.instructions
    ]


def unfit(item: contract.Instruction, error: Unencodable) -> ReportedOutcome:
    """An item that cannot be put into this bank's message was never sent: it definitely failed."""
    return ReportedOutcome(
        bank_ref=item.reference,
        fate=str(contract.Fate.FAILED),
        code=error.code,
        text=f"报文无法编制，未发送：{error.message}",
    )


def account(own: OwnAccount) -> contract.AccountRef:
    """An own account as the adapter names it."""
    return contract.AccountRef(number=own.number, currency=own.currency, branch=own.branch_code)


def figures(
    balances: Sequence[contract.Balance],
    accounts: Sequence[OwnAccount],
    *,
    day_closing: bool = False,
) -> list[BalanceFigure]:
    """Balances of the accounts asked about; a balance of any other account is left out."""
    by_number = {own.number: own for own in accounts}
    return [
        BalanceFigure(
            account_id=by_number[told.account].pk,
            currency=told.currency,
            book=told.book,
            available=told.available,
            frozen=told.frozen,
            as_of=told.as_of,
            is_day_closing=day_closing,
        )
        for told in balances
        if told.account in by_number
    ]


def entry(line: contract.StatementLine, *, exchange_id: int | None) -> EntryLine:
    """A statement line as `statements` keeps it; the bank's date is the day it was booked."""
    return EntryLine(
        bank_date=line.booked_at.date(),
        booked_at=line.booked_at,
        bank_serial=line.bank_serial,
        direction=str(line.direction),
        amount=line.money.amount,
        currency=line.money.currency,
        balance_after=line.balance_after,
        counterparty_name=line.counterparty_name,
        counterparty_account=line.counterparty_account,
        counterparty_bank=line.counterparty_bank,
        narrative=line.narrative,
        purpose=line.purpose,
        reference=line.reference,
        exchange_id=exchange_id,
    )


def receipt(found: contract.ReceiptFound, *, day: date, currency: str) -> ReceiptLine:
    """A receipt of one day's list as `statements` keeps it; the day asked about where the bank tells none."""
    return ReceiptLine(
        receipt_no=found.receipt_no,
        day=found.booked_at or day,
        amount=None if found.money is None else found.money.amount,
        currency=currency if found.money is None else found.money.currency,
        direction="" if found.direction is None else str(found.direction),
        bank_serial=found.bank_serial,
        counterparty_account=found.counterparty_account,
        verify_code=found.verify_code,
        bank_file=found.file,
        covers_day=found.covers_day,
    )


def listed(kept: BankReceipt, own: OwnAccount) -> contract.ReceiptFound:
    """A receipt we keep, as the bank listed it."""
    return contract.ReceiptFound(
        receipt_no=kept.receipt_no,
        account=own.number,
        booked_at=kept.day,
        money=None if kept.amount is None else Money(kept.amount, kept.currency),
        direction=contract.Direction(kept.direction) if kept.direction else None,
        file=kept.bank_file,
        bank_serial=kept.bank_serial,
        covers_day=kept.covers_day,
    )


def profile(declared: contract.Profile, abilities: Iterable[contract.Ability]) -> dict[str, object]:
    """What an adapter declares of its bank, as plain values for the profile row."""
    return {
        "slug": declared.slug,
        "name": declared.name_zh,
        "name_en": declared.name_en,
        "abilities": sorted(str(ability) for ability in abilities),
        "items_max": declared.items_max,
        "inquiry_items_max": declared.inquiry_items_max,
        "min_inquiry_interval_s": declared.min_inquiry_interval_s,
        "visibility_delay_s": declared.visibility_delay_s,
        "not_found_is_final": declared.not_found_is_final,
        "bank_dedups_by_reference": declared.bank_dedups_by_reference,
        "cnaps_prefix": declared.cnaps_prefix,
        "statement_rows_max": declared.statement_rows_max,
        "statement_span_days": declared.statement_span_days,
        "balance_accounts_max": declared.balance_accounts_max,
        "reference_rule": declared.reference,
        "endpoints": [asdict(endpoint) for endpoint in declared.endpoints],
        "settings": [asdict(one) for one in (*declared.settings, *declared.common())],
        "field_limits": {name: list(limit) for name, limit in declared.field_limits.items()},
        "forbidden": dict(declared.forbidden),
        "confirm_with_bank": [asdict(question) for question in declared.confirm_with_bank],
    }
