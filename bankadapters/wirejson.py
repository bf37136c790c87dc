"""The JSON that the bank tools read and print: canonical values, the same for every bank."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from bankadapters.contract import (
    Ability,
    AccountFound,
    AccountRef,
    Balance,
    Batch,
    Connection,
    Inquiry,
    Instruction,
    Outcome,
    Profile,
    Reading,
    ReceiptFound,
    Session,
    SessionStore,
    StatementLine,
    WireRequest,
)
from bankadapters.errors import Unencodable
from bankadapters.sessions import MemorySessions
from kernel import clock
from kernel.money import Money, parse_amount
from kernel.secrets import Secret

Json = Mapping[str, object]
PAYMENTS = (Ability.PAY, Ability.PAY_BATCH, Ability.PAYROLL, Ability.SWEEP)
INQUIRIES = (Ability.INQUIRE, Ability.INQUIRE_BATCH, Ability.INQUIRE_PAYROLL)


def reading(operation: Ability, said: Reading) -> Json:
    """What an answer says; queries carry `message` only when the answer reports an error."""
    message: dict[str, object] = {"message": {"code": said.code, "text": said.text}}
    if operation in PAYMENTS or operation in INQUIRIES:
        return message | {"outcomes": [_outcome(outcome) for outcome in said.outcomes]}
    if operation is Ability.SIGN_ON:
        return message | {"session": said.has_session}
    if operation is Ability.SIGN_OFF:
        return message
    result = message if said.is_error else {}
    if operation is Ability.ACCOUNT_LIST:
        return result | {"accounts": [_found(account) for account in said.accounts]}
    if operation is Ability.RECEIPT_LIST:
        return result | {"receipts": [_receipt(receipt) for receipt in said.receipts]}
    if operation is Ability.RECEIPT_FILE:
        digest = hashlib.sha256(said.file).hexdigest()
        return result | {"file": {"bytes": len(said.file), "sha256": digest}}
    if operation is Ability.TRANSACTIONS:
        return result | {
            "transactions": [_line(line) for line in said.page.lines],
            "next": said.page.next,
        }
    return result | {"balances": [_balance(balance) for balance in said.balances]}


def _outcome(outcome: Outcome) -> Json:
    return {
        "reference": outcome.reference,
        "fate": outcome.fate.value,
        "bank_serial": outcome.bank_serial,
        "code": outcome.code,
        "text": outcome.text,
    }


def _balance(balance: Balance) -> Json:
    return {
        "account": balance.account,
        "currency": balance.currency,
        "book": f"{balance.book:.2f}",
        "available": _amount(balance.available),
        "frozen": _amount(balance.frozen),
        "as_of": balance.as_of.isoformat(),
    }


def _line(line: StatementLine) -> Json:
    return {
        "account": line.account,
        "bank_serial": line.bank_serial,
        "booked_at": line.booked_at.isoformat(),
        "direction": line.direction.value,
        "amount": f"{line.money.amount:.2f}",
        "currency": line.money.currency,
        "balance_after": _amount(line.balance_after),
        "counterparty_name": line.counterparty_name,
        "counterparty_account": line.counterparty_account,
        "counterparty_bank": line.counterparty_bank,
        "narrative": line.narrative,
        "purpose": line.purpose,
        "reference": line.reference,
    }


def _found(account: AccountFound) -> Json:
    return {
        "account": account.account,
        "currency": account.currency,
        "name": account.name,
        "branch": account.branch,
    }


def _receipt(receipt: ReceiptFound) -> Json:
    money, direction = receipt.money, receipt.direction
    return {
        "receipt_no": receipt.receipt_no,
        "account": receipt.account,
        "booked_at": None if receipt.booked_at is None else receipt.booked_at.isoformat(),
        "amount": None if money is None else f"{money.amount:.2f}",
        "currency": None if money is None else money.currency,
        "direction": None if direction is None else direction.value,
        "file": receipt.file,
        "bank_serial": receipt.bank_serial,
        "counterparty_account": receipt.counterparty_account,
        "verify_code": receipt.verify_code,
        "covers_day": receipt.covers_day,
    }


def _amount(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:.2f}"


def connection(profile: Profile, given: Json) -> tuple[Connection, SessionStore]:
    """The connection a request is written for, and a store holding its token, if it names one."""
    told = given.get("connection", {})
    if not isinstance(told, dict):
        raise Unencodable("connection must be an object", field="connection")
    settings = {str(key): _text(value, str(key)) for key, value in told.items()}
    secret = [one.name for one in profile.settings if one.is_secret]
    secrets = {key: Secret(settings.pop(key)) for key in secret if key in settings}
    token = settings.pop("token", "")
    session = Session(token=Secret(token), opened_at=clock.now()) if token else None
    made = Connection(profile.slug, endpoints={}, parameters=settings, secrets=secrets)
    return made, MemorySessions(session)


def request(operation: Ability, given: Json) -> WireRequest:
    """The request the JSON asks for. Raises Unencodable, naming the field."""
    if operation in PAYMENTS:
        instructions = [_instruction(item) for item in _objects(given, "items")]
        default = instructions[0].reference if instructions else ""
        batch_no = _text(given.get("batch_no", default), "batch_no")
        return WireRequest(operation, batch=Batch(batch_no, instructions, operation))
    if operation in INQUIRIES:
        asked = _objects(given, "items") if "items" in given else [given]
        return WireRequest(
            operation, inquiries=[_inquiry(item, given, operation) for item in asked]
        )
    if operation in (Ability.SIGN_ON, Ability.SIGN_OFF, Ability.ACCOUNT_LIST):
        return WireRequest(operation)
    return WireRequest(
        operation,
        accounts=_accounts(given),
        first=_day(given["from"], "from") if given.get("from") else None,
        last=_day(given["to"], "to") if given.get("to") else None,
        cursor=_text(given.get("next") or "", "next"),
        receipts=[
            ReceiptFound(
                _field(item, "receipt_no"),
                _field(given, "account"),
                None,
                file=_field(item, "file"),
            )
            for item in (_objects(given, "receipts") if "receipts" in given else ())
        ],
    )


_SENT_AS = {
    Ability.INQUIRE: Ability.PAY,
    Ability.INQUIRE_BATCH: Ability.PAY_BATCH,
    Ability.INQUIRE_PAYROLL: Ability.PAYROLL,
}


def _inquiry(item: Json, given: Json, operation: Ability) -> Inquiry:
    amount, currency = _field(item, "amount"), _field(item, "currency") or "CNY"
    return Inquiry(
        reference=_field(item, "reference"),
        bank_serial=_field(item, "bank_serial"),
        day=_day(item["day"], "day") if item.get("day") else None,
        operation=_SENT_AS[operation],
        batch_no=_field(item, "batch_no") or _field(given, "batch_no"),
        payer_account=_field(item, "payer_account") or _field(given, "account"),
        money=Money(parse_amount(amount, currency=currency), currency) if amount else None,
    )


def _instruction(item: Json) -> Instruction:
    currency = _field(item, "currency") or "CNY"
    amount = parse_amount(_field(item, "amount"), currency=currency)
    return Instruction(
        reference=_field(item, "reference"),
        payer_account=_field(item, "payer_account"),
        payer_name=_field(item, "payer_name"),
        payee_account=_field(item, "payee_account"),
        payee_name=_field(item, "payee_name"),
        payee_bank=_field(item, "payee_bank"),
        cnaps=_field(item, "cnaps"),
        money=Money(amount, currency),
        purpose=_field(item, "purpose"),
        day=_day(item["day"], "day") if item.get("day") else clock.today(),
        urgent=_claim(item, "urgent"),
        personal=_claim(item, "personal"),
        payer_branch=_field(item, "payer_branch"),
        remark=_field(item, "remark"),
    )


def _accounts(given: Json) -> list[AccountRef]:
    told = given.get("accounts", [given["account"]] if "account" in given else [])
    if not isinstance(told, list) or not told:
        raise Unencodable("account is missing", field="account")
    return [_account(one, given) for one in told]


def _account(told: object, given: Json) -> AccountRef:
    if isinstance(told, dict):
        number = _field(told, "number") or _field(told, "account")
        return AccountRef(number, _field(told, "currency") or "CNY", _field(told, "branch"))
    return AccountRef(
        _text(told, "account"), _field(given, "currency") or "CNY", _field(given, "branch")
    )


def _objects(given: Json, name: str) -> Sequence[Json]:
    items = given.get(name)
    if (
        not isinstance(items, list)
        or not items
        or not all(isinstance(item, dict) for item in items)
    ):
        raise Unencodable(f"{name} must be a list of at least one object", field=name)
    return items


def _field(item: Json, name: str) -> str:
    value = item.get(name)
    return "" if value is None else _text(value, name)


def _text(value: object, name: str) -> str:
    if isinstance(value, str):
        return value
    # The bound keeps a number such as 1e999999999 from being written out in full.
    if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) < 40:
        return f"{value:f}"
    raise Unencodable(f"{name} must be text", field=name)


def _claim(item: Json, name: str) -> bool:
    value = item.get(name)
    if value is not None and not isinstance(value, bool):
        raise Unencodable(f"{name} must be true or false", field=name)
    return bool(value)


def _day(value: object, name: str) -> date:
    try:
        return date.fromisoformat(_text(value, name))
    except ValueError as error:
        raise Unencodable(f"{name} must be a day such as 2026-03-10", field=name) from error
