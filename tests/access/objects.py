"""What the parts of addresses and the arguments of commands stand for: real objects of one company, in every state they know.

`OBJECTS` is keyed by the app and the part's name ("payments:order_no"). A new part needs one line here; the house tests
name it. The objects are laid down by `tests.access.world`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.access.world import Site


@dataclass(frozen=True)
class Thing:
    """An object an address names: its value there, and who may know of it.

    `company` holds it; 0 stands for the whole group. With `owner` it is one person's own, which holders of the duties `also`
    (in the company) may reach, too. `is_seen` things show to everybody with any duty in the company; one that `is_absent` is
    not there for anybody.
    """

    value: object
    company: int = 0
    owner: int | None = None
    also: frozenset[str] = frozenset()
    is_seen: bool = False
    is_absent: bool = False
    note: str = ""

    @property
    def is_somebodys(self) -> bool:
        """Whether it matters who asks for it."""
        return bool(self.company) or self.owner is not None or self.is_absent


Found = Callable[["Site"], Sequence[Thing]]


def _all(name: str, **facts: Any) -> Found:
    """The ids (or numbers) the site keeps under a name, all of its company."""
    return lambda site: [
        Thing(value, site.company_id, note=note, **facts) for note, value in site.kept[name]
    ]


def _group(name: str) -> Found:
    """The same, of the whole group."""
    return lambda site: [Thing(value, note=note) for note, value in site.kept[name]]


def _own(name: str, *also: str) -> Found:
    """Things that belong to one person, and to holders of these duties."""
    return lambda site: [
        Thing(value, site.company_id, owner=int(note), also=frozenset(also))
        for note, value in site.kept[name]
    ]


def absent(site: Site) -> list[Thing]:
    """Nothing is laid down yet: a number nobody gave out, which has to look absent to everybody who may knock."""
    return [Thing(999_999_999, is_absent=True)]


OBJECTS: dict[str, Found] = {
    # payments
    "payments:order_no": _all("order_no"),
    "payments:batch_no": _all("batch_no"),
    "payments:link_no": _all("link_no"),
    "payments:code": _all("schedule_code"),
    "payments:import_id": lambda site: [
        *_all("import_id")(site),
        *_own("open_import_id")(site),
    ],
    "payments:adjudication_id": _all("adjudication_id"),
    "payments:record_id": _all("outside_id"),
    "api:order_no": _all("order_no"),
    "api:receipt_id": _all("receipt_id"),
    "api:import_id": lambda site: [*_all("import_id")(site), *_own("open_import_id")(site)],
    # what banks told
    "statements:entry_id": _all("entry_id"),
    "statements:account_id": _all("account_id"),
    "statements:file_id": _own("statement_file_id"),
    "statements:receipt_id": _all("receipt_id"),
    "bankbridge:key": _all("exchange_key"),
    "bankbridge:order_no": _all("order_no"),
    # finance systems
    "erpbridge:delivery_id": _all("delivery_id"),
    "erpbridge:message_id": _all("erp_message_id"),
    "erpbridge:comparison_id": _all("comparison_id"),
    "erpbridge:system_id": _all("erp_system_id"),
    "erpbridge:change_id": absent,
    "erpbridge:file_id": absent,
    # master data
    "masterdata:company_id": _all("company_id"),
    "masterdata:account_id": _all("account_id"),
    "masterdata:counterparty_id": _group("counterparty_id"),
    "masterdata:connection_id": _group("connection_id"),
    "bankbridge:connection_id": _group("connection_id"),
    "masterdata:file_id": _group("file_id"),
    "masterdata:call_id": _group("call_id"),
    "masterdata:change_id": _all("change_id"),
    "masterdata:line": _group("line"),
    # the books
    "ledger:account_id": _all("account_id"),
    "ledger:voucher_id": _all("voucher_id"),
    "ledger:template_id": _group("template_id"),
    "ledger:period_id": _all("period_id"),
    "ledger:change_id": _all("book_change_id"),
    "ledger:file_id": _own("journal_file_id"),
    # receipts
    "receipts:notice_no": _all("notice_no"),
    "receipts:key_id": _group("payer_key_id"),
    "receipts:booking_id": _all("booking_id"),
    "receipts:office_id": _all("office_id"),
    "receipts:schedule_id": _all("collection_id"),
    "receipts:change_id": _all("office_change_id"),
    # reconciliation
    "reconciliation:account_id": _all("account_id"),
    "reconciliation:company_id": _all("company_id"),
    "reconciliation:change_id": _all("close_change_id"),
    "reconciliation:pack_id": _all("pack_id"),
    "reconciliation:act_id": _all("act_id"),
    "reconciliation:match_no": _all("match_no"),
    "receipts:file_id": _own("receivables_file_id"),
    "reconciliation:statement_id": _all("statement_id"),
    # people
    "masterdata:user_id": _all("user_id"),
    "masterdata:client_id": _all("client_id"),
    "masterdata:key_id": _all("api_key_id"),
    "masterdata:own_key_id": _own("own_key_id"),
    "masterdata:membership_id": _all("membership_id"),
    "masterdata:delegation_id": _own("delegation_id", "security_admin"),
    "approvals:key_id": _own("key_id", "security_admin"),
    "approvals:authority_id": _all("authority_id"),
    # the desk
    "desk:case_id": _all("case_id", is_seen=True),
    "desk:job_id": _own("job_id"),
    # the trail
    "audit:entry_id": _all("audit_entry_id"),
    "audit:order_no": _all("order_no"),
}

# The same part means something else under these addresses.
ELSEWHERE: dict[str, Found] = {
    "masterdata:payee": _group("payee_id"),
    "masterdata:payee_decide": _group("payee_id"),
    "masterdata:payee_edit": _group("payee_id"),
    "masterdata:payee_close": _group("payee_id"),
    "masterdata:payee_whitelist": _group("payee_id"),
    "masterdata:call_new": _group("payee_id"),
    "masterdata:people_change": _all("people_change_id"),
    "masterdata:counterparties_preview": _group("file_id"),
    "masterdata:branches_preview": _group("branch_file_id"),
    "masterdata:accounts_preview": _group("account_file_id"),
    "reconciliation:split": _all("account_id"),  # a match that is no more is told as a conflict
    "payments:import_errors": _own("open_import_id"),  # one without faults has no list of them
}

# Parts that choose an act where the policy does not list the acts itself.
WORDS: dict[str, Sequence[str]] = {
    "masterdata:year": ("2027",),
    "reconciliation:side": ("bank", "book"),
    "reconciliation:line_id": ("1",),
    "reconciliation:day": ("2026-11-23",),
    "reconciliation:month": ("2026-11",),
    "masterdata:kind": ("matrix", "limits", "routing"),
    "erpbridge:style": ("file",),
    "erpbridge:file_type": ("pay",),
    "masterdata:act": ("password", "factor", "activate", "deactivate", "sessions", "nonsense"),
}

# What a form says where an empty one would be refused before anybody asks who sent it.
BODIES: dict[str, str] = {
    "desk:case_act": "do=take",
    "ledger:voucher_act": "version=1",
    "reconciliation:brs_act": "version=1",
    "masterdata:account_switch": "switch=is_frozen&on=1&version=1",
}


@dataclass
class Address:
    """One way to call an address: path, the parts the gate sees, and the object it names."""

    path: str
    parts: dict[str, Any] = field(default_factory=dict)
    thing: Thing | None = None
