"""The contract between the bank bridge and every bank adapter: dataclasses in, dataclasses out, no Django.

An adapter opens at most one request at a time on its transport, never retries a payment, and reports a `Fate` for
every item it was given an answer for. What it was not told, it does not say.
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar, Protocol

from bankadapters.errors import Unencodable, Unsupported
from bankadapters.handed import Pacer as Pacer
from bankadapters.handed import WireExchange as WireExchange
from bankadapters.handed import WireRecorder as WireRecorder
from bankadapters.profiles import Profile as Profile
from bankadapters.stored import strip_frame
from kernel.money import Money
from kernel.secrets import Secret


class Ability(StrEnum):
    """Operations a bank may offer; the same words on the command line."""

    SIGN_ON = "sign_on"
    SIGN_OFF = "sign_off"
    ACCOUNT_LIST = "account_list"
    BALANCE = "balance"
    HISTORY_BALANCE = "history_balance"
    TRANSACTIONS = "transactions"
    PAY = "pay"
    PAY_BATCH = "pay_batch"
    PAYROLL = "payroll"
    INQUIRE = "inquire"
    INQUIRE_BATCH = "inquire_batch"
    INQUIRE_PAYROLL = "inquire_payroll"
    SWEEP = "sweep"
    RECEIPT_LIST = "receipt_list"
    RECEIPT_FILE = "receipt_file"


PAYMENTS = (Ability.PAY, Ability.PAY_BATCH, Ability.PAYROLL, Ability.SWEEP)


class Fate(StrEnum):
    """What a bank says became of one payment (DOMAIN 3.1)."""

    ACCEPTED = "accepted"
    PROCESSING = "processing"
    MANUAL_HANDLING = "manual_handling"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    RETURNED = "returned"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Connection:
    """How to reach one bank front-end: endpoints by role, parameters of the bank's sheet, secrets, code overrides.

    `parameters`: bank-specific plain settings (boc: termid, custid, cusopr, ibknum defaults, …).
    `final_failures`: inquiry item codes the operator's table marks as definitive failures.
    """

    bank: str
    endpoints: Mapping[str, str]
    parameters: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    final_failures: frozenset[str] = frozenset()
    connect_timeout_s: float = 10.0
    read_timeout_s: float = 120.0


@dataclass(frozen=True)
class Instruction:
    """One payment to execute. `reference` is our number on the bank's wire; `cnaps` the payee's 12-digit branch code."""

    reference: str
    payer_account: str
    payer_name: str
    payee_account: str
    payee_name: str
    payee_bank: str
    cnaps: str
    money: Money
    purpose: str
    day: date
    urgent: bool = False
    personal: bool = False
    payer_branch: str = ""  # the bank's own branch code of the payer account (boc: ibknum)
    remark: str = ""

    def banks_at(self, prefix: str, *names: str) -> bool:
        """Whether the payee banks at the bank of this clearing prefix; without a code its name, as it begins, tells."""
        return self.cnaps.startswith(prefix) if self.cnaps else self.payee_bank.startswith(names)


@dataclass(frozen=True)
class Batch:
    """Instructions of one connection, payer account, currency and operation, sent in one message."""

    batch_no: str
    instructions: Sequence[Instruction]
    operation: Ability = Ability.PAY_BATCH


@dataclass(frozen=True)
class Outcome:
    """The bank's word on one payment."""

    reference: str
    fate: Fate
    bank_serial: str = ""
    code: str = ""
    text: str = ""
    money: Money | None = None  # echoed by the bank, where it echoes it
    payer_account: str = ""  # likewise
    not_found: bool = False  # the bank does not know the reference (yet): never a failure by itself


@dataclass(frozen=True)
class Inquiry:
    """One payment to ask about, with what was sent: banks ask by different keys, and some by several at once.

    `operation` is how it was sent; `batch_no` the number of the message it went in. `day` is the day it was sent.
    """

    reference: str
    bank_serial: str = ""
    day: date | None = None
    operation: Ability = Ability.PAY
    batch_no: str = ""
    payer_account: str = ""
    money: Money | None = None


@dataclass(frozen=True)
class AccountRef:
    """An own account as the bank wants it named."""

    number: str
    currency: str = "CNY"
    branch: str = ""  # the bank's own branch code (boc: ibknum)


@dataclass(frozen=True)
class Balance:
    """What the bank says an account holds. `as_of`: the bank's date or moment of the figure."""

    account: str
    currency: str
    book: Decimal
    available: Decimal | None
    frozen: Decimal | None
    as_of: date


class Direction(StrEnum):
    """Seen from the account's owner: credit = money in, debit = money out."""

    CREDIT = "credit"
    DEBIT = "debit"


@dataclass(frozen=True)
class StatementLine:
    """One entry of a bank's statement, as reported."""

    account: str
    bank_serial: str
    booked_at: datetime
    direction: Direction
    money: Money
    balance_after: Decimal | None
    counterparty_name: str = ""
    counterparty_account: str = ""
    counterparty_bank: str = ""
    narrative: str = ""
    purpose: str = ""
    reference: str = ""


@dataclass(frozen=True)
class StatementPage:
    """A page of statement lines; `next` is the adapter's own cursor, empty on the last page."""

    lines: Sequence[StatementLine]
    next: str = ""
    total: int | None = None


@dataclass(frozen=True)
class AccountFound:
    """An account the bank lists as ours."""

    account: str
    currency: str
    name: str = ""
    branch: str = ""


@dataclass(frozen=True)
class ReceiptFound:
    """An electronic receipt (电子回单) the bank lists; `file` names its file where the bank keeps one.

    `bank_serial` is the bank's own number of the entry, where the list tells it; `verify_code` what the bank's site checks a
    printed receipt by. One that `covers_day` holds all receipts of its account and day.
    """

    receipt_no: str
    account: str
    booked_at: date | None
    money: Money | None = None
    direction: Direction | None = None
    file: str = ""
    bank_serial: str = ""
    counterparty_account: str = ""
    verify_code: str = ""
    covers_day: bool = False


@dataclass(frozen=True)
class Session:
    """A bank session as it may be kept between processes."""

    token: Secret
    opened_at: datetime


class SessionStore(Protocol):
    """Where an adapter keeps its session token; the bridge stores it encrypted with the connection."""

    def load(self) -> Session | None: ...

    def save(self, session: Session | None) -> None: ...

    def locked(self) -> object:
        """Context manager: one sign-on at a time for the connection."""


@dataclass(frozen=True)
class WireRequest:
    """What one message should say, for writing it without sending it: only what its operation needs is filled."""

    operation: Ability
    batch: Batch | None = None
    inquiries: Sequence[Inquiry] = ()
    accounts: Sequence[AccountRef] = ()
    first: date | None = None
    last: date | None = None
    cursor: str = ""
    receipts: Sequence[ReceiptFound] = ()

    def the_account(self) -> AccountRef:
        """The account a query is about. Raises Unencodable where it names none."""
        if not self.accounts:
            raise Unencodable("the query names no account", field="account")
        return self.accounts[0]

    def the_days(self) -> tuple[date, date]:
        """The first and last day a query is about. Raises Unencodable where it names none."""
        if self.first is None or self.last is None:
            raise Unencodable("the query names no days", field="from")
        return self.first, self.last


class Verdict(StrEnum):
    """What an answer says of the message as a whole."""

    READ = "read"  # it was processed: its items decide, each for itself
    NOTHING = "nothing"  # it was processed and there is nothing: an empty result, not an error
    REFUSED = "refused"  # definitively refused as a whole: nothing moved, nothing will
    NOT_EXECUTED = (
        "not_executed"  # turned away unprocessed: may be sent again with the same numbers
    )
    NO_SESSION = "no_session"  # turned away unprocessed because nobody is signed on
    UNDECIDED = "undecided"  # an error that says nothing of any payment


@dataclass(frozen=True)
class Reading:
    """One answer: the business level's code and text, its verdict on the message, and whatever the operation brings.

    `number` is our message number where the bank echoes it. `token` is a session's, where one was opened.
    """

    code: str
    text: str
    verdict: Verdict = Verdict.READ
    number: str = ""
    outcomes: Sequence[Outcome] = ()
    balances: Sequence[Balance] = ()
    page: StatementPage = field(default_factory=lambda: StatementPage(()))
    accounts: Sequence[AccountFound] = ()
    receipts: Sequence[ReceiptFound] = ()
    file: bytes = b""
    has_session: bool = False
    token: Secret | None = None

    @property
    def is_error(self) -> bool:
        """Whether the answer reports an error."""
        return self.verdict not in (Verdict.READ, Verdict.NOTHING)


class BankAdapter(ABC):
    """One bank, spoken to through one transport. Methods for absent abilities raise Unsupported."""

    profile: ClassVar[Profile]
    abilities: ClassVar[frozenset[Ability]] = frozenset()

    def __init__(
        self,
        connection: Connection,
        *,
        transport: Callable[..., object] | object | None = None,
        sessions: SessionStore | None = None,
        recorder: WireRecorder | None = None,
        pacer: Pacer | None = None,
    ) -> None:
        self.connection = connection
        self.transport = transport
        self.sessions = sessions
        self.recorder = recorder
        self.pacer = pacer

    def sign_on(self) -> None:
        """Open a session. Raises NotSent when the bank could not be reached or refuses to sign on."""
        raise Unsupported("sign_on")

    def sign_off(self) -> None:
        """Close the session."""
        raise Unsupported("sign_off")

    def together(self, batch: Batch) -> Sequence[Instruction]:
        """The items that one message carries: the first one and those that fit beside it. The others wait their turn."""
        return batch.instructions

    def pay(self, batch: Batch) -> Sequence[Outcome]:
        """Send the batch once, in one message.

        Raises NotSent (provably no byte of the payment left), Refused (whole message definitively refused),
        OutcomeUnknown (anything else). An item the bank did not mention is absent from the result.
        """
        raise Unsupported("pay")

    def inquire(self, inquiries: Sequence[Inquiry]) -> Sequence[Outcome]:
        """Ask what became of payments. Raises QueryFailed, Unreadable, NotSent, OutcomeUnknown: no state changes on any."""
        raise Unsupported("inquire")

    def balances(self, accounts: Sequence[AccountRef]) -> Sequence[Balance]:
        """Present balances."""
        raise Unsupported("balance")

    def history_balances(self, account: AccountRef, first: date, last: date) -> Sequence[Balance]:
        """Day balances, one per day the bank knows."""
        raise Unsupported("history_balance")

    def transactions(
        self, account: AccountRef, first: date, last: date, *, cursor: str = ""
    ) -> StatementPage:
        """One page of statement lines of these days; go on with `cursor=page.next` until it is empty."""
        raise Unsupported("transactions")

    def account_list(self) -> Sequence[AccountFound]:
        """The accounts the bank lists as ours."""
        raise Unsupported("account_list")

    def receipts(self, account: AccountRef, first: date, last: date) -> Sequence[ReceiptFound]:
        """The electronic receipts of these days."""
        raise Unsupported("receipt_list")

    def receipt_file(self, receipt: ReceiptFound) -> bytes:
        """The file of a receipt."""
        raise Unsupported("receipt_file")

    def bare(self, stored: bytes) -> bytes:
        """A stored answer without what HTTP or a frame put in front of it. Raises Unreadable."""
        return strip_frame(stored)

    def write(self, request: WireRequest) -> bytes:
        """The bytes this request has on the wire, without sending them. Raises InvalidInput."""
        raise Unsupported(request.operation)

    def read(
        self, operation: Ability, answer: bytes, *, asked: WireRequest | None = None
    ) -> Reading:
        """What an answer says, without having asked; `asked` is the question it came to, where that is known. Raises Unreadable."""
        raise Unsupported(operation)
