"""Who may what, written down by hand from the duties of the customer's people: the other hand of the authorization matrix.

Nothing here is read from `masterdata.roles` or from an address's policy, and neither reads this: where the two hands
disagree, the matrix fails and a person decides which is wrong. A new address needs a line here; a house test names it.
The words are those of the roles table: makers make, checkers check, approvers approve, releasers release, accountants
book and reconcile, treasurers approve, lift and adjudicate, viewers look, administrators administer, auditors read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Duties = frozenset[str]


def _(*names: str) -> Duties:
    return frozenset(names)


def _lines(app: str, names: str, duties: Duties) -> dict[str, Duties]:
    """The same duties for many addresses of an app, named between blanks."""
    return {f"{app}:{name}": duties for name in names.split()}


MAKERS = _("maker", "exception_maker", "sales_clerk")
DECIDERS = _("checker", "approver", "releaser")
BOOKERS = _("receipts_accountant", "recon_accountant")
MONEY = MAKERS | DECIDERS | BOOKERS | _("treasurer")
SEE_MONEY = MONEY | _("viewer", "auditor")
SEE_BOOKS = BOOKERS | _("treasurer", "viewer", "auditor")
SUPPLEMENTERS = _("maker", "sales_clerk", "receipts_accountant")
SEE_RECEIPTS = SUPPLEMENTERS | _("recon_accountant", "treasurer", "viewer", "auditor")
EVERYBODY = SEE_MONEY | _("admin", "security_admin")
WORKERS = MONEY | _("admin")
APPROVERS = _("approver", "treasurer")
PAPER_READERS = SUPPLEMENTERS | _(
    "recon_accountant", "treasurer", "auditor"
)  # the files of receipts
PROPOSERS = _("maker", "admin")  # of payees: a maker announces one, another person agrees
FETCHERS = BOOKERS | _("releaser", "treasurer")
ADMIN, OFFICER, AUDITOR, TREASURER = _("admin"), _("security_admin"), _("auditor"), _("treasurer")
SEE_PEOPLE, SEE_CHANNELS, EXAMINERS = OFFICER | AUDITOR, ADMIN | AUDITOR, TREASURER | AUDITOR

OWN = EVERYBODY | _("")  # one's own things: whoever signed in, even without any duty

# What each act on a payment order is whose business.
ACTS: Mapping[str, Duties] = {
    "submit": MAKERS,
    "check": _("checker"),
    "approve": APPROVERS,
    "release": _("releaser"),
    "lift": TREASURER,
    "resume": _("releaser") | TREASURER,
    "return": DECIDERS | TREASURER,
    "reissue": MAKERS,
    "void": MAKERS | _("checker"),
    "cancel": _("releaser"),
}

# address ("app:name", "app:name/act", "api:name METHOD") -> the duties that open it
MAY: dict[str, Duties] = {
    **_lines("audit", "home board search", OWN),
    **_lines(
        "masterdata",
        """presence password_change step_up security sessions_end factor recovery key_new key_end delegation_new delegation_end""",
        OWN,
    ),
    **_lines(
        "desk",
        "cases runbook case jobs job job_result notifications notifications_read save_view drop_view",
        OWN,
    ),
    **_lines("approvals", "keys key_enrol key_token key_passphrase key_revoke", OWN),
    "desk:case_act": WORKERS,
    # payments
    **{f"payments:act/{act}": duties for act, duties in ACTS.items()},
    **{
        f"payments:bulk/{act}": ACTS[act]
        for act in ("submit", "check", "approve", "release", "lift", "return", "void")
    },
    **_lines(
        "payments",
        """orders status schedules schedule order unknown failures rules adjudications adjudication adjudication_evidence batches
        batch outside_list outside outside_evidence linked_list linked imports import_preview import_errors result_xlsx
        result_csv""",
        SEE_MONEY,
    ),
    **_lines(
        "payments",
        "create schedule_new schedule_draft check_live edit drafts linked_create",
        MAKERS,
    ),
    **_lines("payments", "import import_confirm import_refresh import_discard", _("maker")),
    "payments:create_typed": _("exception_maker"),
    "payments:schedule_decide": _("checker"),
    "payments:schedule_close": MAKERS | _("checker"),
    "payments:ask": TREASURER,
    "payments:outside_propose": MAKERS | TREASURER,
    "payments:outside_decide": TREASURER,
    "payments:adjudicate": TREASURER,
    "payments:gate": TREASURER | ADMIN,
    "payments:check_desk": _("checker"),
    "payments:approve_desk": APPROVERS,
    "payments:release_desk": _("releaser"),
    "payments:held": TREASURER,
    "payments:status": SEE_MONEY,
    "approvals:matrix_trial": EVERYBODY,
    # banks
    **_lines(
        "statements",
        """entries entry balances balance_changes days continuity continuity_account receipts receipt completeness
        completeness_account""",
        SEE_MONEY,
    ),
    **_lines("statements", "receipt_file receipt_print receipt_pack", PAPER_READERS),
    **_lines(
        "statements",
        "import import_preview import_mapping import_act/confirm import_act/drop",
        BOOKERS,
    ),
    "bankbridge:pull": FETCHERS,
    "bankbridge:preview": SEE_MONEY,
    "bankbridge:checks": SEE_MONEY | SEE_CHANNELS,
    "bankbridge:checks_ask": FETCHERS | ADMIN,
    **_lines("bankbridge", "channels channel exchanges exchange", SEE_CHANNELS),
    "audit:interface_log": SEE_CHANNELS,
    "audit:latency": SEE_CHANNELS,
    # finance systems
    **_lines(
        "erpbridge",
        "monitor deliveries delivery messages message refusals systems system",
        SEE_CHANNELS,
    ),
    **_lines("erpbridge", "delivery_open message_open", AUDITOR),
    **_lines(
        "erpbridge",
        """delivery_replay message_again system_new system_edit system_secrets system_stop system_test
        system_decide mapping_sample mapping mapping_version""",
        ADMIN,
    ),
    **_lines("erpbridge", "comparisons differences comparison", SEE_BOOKS),
    **_lines("erpbridge", "comparison_again comparison_tell", BOOKERS),
    # the books
    **_lines(
        "ledger",
        """books entries journal journal_print journal_workbook vouchers voucher voucher_print templates template periods
        change pack""",
        SEE_BOOKS,
    ),
    **_lines(
        "ledger",
        """opening import import_preview import_mapping import_act/confirm import_act/drop import_act/withdraw
        voucher_reverse template_new template_next""",
        BOOKERS,
    ),
    **_lines("ledger", "voucher_act/post voucher_act/void change_decide", BOOKERS | TREASURER),
    # receipts
    **_lines(
        "receipts",
        """inbox unconfirmed report bookings booking notice ageing offices office_edit schedules schedule_edit runs""",
        SEE_RECEIPTS,
    ),
    **_lines(
        "receipts",
        "to_supplement claim_many supplement act/claim act/withdraw act/change act/hand_back",
        SUPPLEMENTERS,
    ),
    **_lines(
        "receipts",
        "to_review to_book approve_many book book_preview act/approve act/reject act/confirm act/reverse",
        _("receipts_accountant"),
    ),
    **_lines("receipts", "office_new schedule_new", _("receipts_accountant", "treasurer")),
    **_lines("receipts", "receivables payers payer payer_proof", SEE_RECEIPTS),
    **_lines("receipts", "payer_new payer_revoke", _("receipts_accountant")),
    **_lines("receipts", "receivables_upload receivables_file", _("receipts_accountant")),
    "receipts:decide": TREASURER,
    "receipts:refund": MAKERS,
    # reconciliation
    **_lines(
        "reconciliation",
        """brs_overview brs_archive brs_account brs_account_print brs_account_workbook brs brs_print brs_workbook days day
        days_waiting
        closes close close_archive""",
        SEE_BOOKS,
    ),
    **_lines(
        "reconciliation",
        "brs_prepare brs_opening brs_item days_sign day_classify day_sign",
        _("recon_accountant"),
    ),
    **_lines(
        "reconciliation",
        """items accounts act desk lines news proposals acts matches match_page trial explained
        explained_day""",
        SEE_BOOKS,
    ),
    "reconciliation:transactions": SEE_MONEY,
    **_lines("reconciliation", "match refuse undo split", _("recon_accountant")),
    **_lines("reconciliation", "decide", _("recon_accountant", "treasurer")),
    "reconciliation:voucher": BOOKERS,
    "reconciliation:close_propose": BOOKERS,
    "reconciliation:close_decide": BOOKERS | TREASURER,
    **_lines(
        "reconciliation",
        "brs_act/review brs_act/send_back",
        _("recon_accountant", "treasurer"),
    ),
    # settings
    **_lines(
        "masterdata",
        """companies accounts counterparties subjects payees changes banks branches company account counterparty payee change""",
        EVERYBODY,
    ),
    **_lines(
        "masterdata",
        """company_new company_edit account_new accounts_import accounts_preview account_edit account_switch
        counterparty_new counterparties_import counterparties_preview counterparty_edit payees_confirm payees_reject
        payee_decide call_decide change_decide branches_import branches_preview connection_new connection_edit
        connection_freeze connection_credentials""",
        ADMIN,
    ),
    **_lines("masterdata", "strategy matrix limits routing rules rule calendar", EVERYBODY),
    **_lines("masterdata", "rule_new rule_edit rule_withdraw calendar_edit", ADMIN),
    **_lines("masterdata", "payee_new payee_edit payee_close payee_whitelist", PROPOSERS),
    "masterdata:call_new": _("checker", "treasurer", "admin"),
    **_lines("masterdata", "connections connection", SEE_CHANNELS),
    # people
    **_lines("masterdata", "people people_changes people_change sign_ins person clients client rights", SEE_PEOPLE),
    **_lines("masterdata", """person_new duty_revoke person_edit duty_grant person_act client_new client_edit client_key client_stop
        client_key_revoke""", OFFICER),
    **_lines("approvals", "key_confirm key_refuse", OFFICER),
    **_lines("approvals", "mandates mandate", EVERYBODY),
    **_lines("approvals", "mandate_sign", _("releaser")),
    **_lines("approvals", "mandate_stop", _("releaser", "admin")),
    # the trail
    **_lines("audit", "trail rows verify entry", AUDITOR),
    "audit:evidence": EXAMINERS,
    # the API, where people call it
    "api:api_arrival_notices GET": SEE_RECEIPTS,
    "api:api_account_refresh POST": FETCHERS,
    "api:api_self_tests GET": SEE_MONEY | SEE_CHANNELS,
    "api:api_self_tests POST": FETCHERS | ADMIN,
    "api:api_payment_order_inquire POST": TREASURER,
    "api:api_bank_receipts GET": SEE_MONEY,
    "api:api_bank_receipt_file GET": PAPER_READERS,
    "api:api_sweeps GET": SEE_RECEIPTS,
    "api:api_sweeps POST": _("receipts_accountant", "treasurer"),
    **{
        f"api:api_{name} GET": SEE_MONEY
        for name in (
            "payment_orders", "payment_order", "import_results", "balances", "statement_entries", "pipeline",
        )
    },
}  # fmt: skip


@dataclass(frozen=True)
class SystemDoor:
    """An address of the API for calling systems: the right its key must carry, and whether people may call it, too."""

    right: str
    people: bool = False


SYSTEMS: dict[str, SystemDoor] = {
    "api:api_payment_orders GET": SystemDoor("payments.view", people=True),
    "api:api_payment_order GET": SystemDoor("payments.view", people=True),
    "api:api_import_results GET": SystemDoor("payments.view", people=True),
    "api:api_balances GET": SystemDoor("statements.view", people=True),
    "api:api_statement_entries GET": SystemDoor("statements.view", people=True),
    "api:api_payment_orders POST": SystemDoor("payments.make"),
    "api:api_master_data POST": SystemDoor("payees.propose"),
    "api:api_voucher_acks POST": SystemDoor("vouchers.acknowledge"),
    "api:api_holdings POST": SystemDoor("payments.view"),
    "api:api_arrival_notices_ack POST": SystemDoor("vouchers.acknowledge"),
    "api:api_arrival_notices GET": SystemDoor("receipts.view", people=True),
    "api:api_account_refresh POST": SystemDoor("statements.pull", people=True),
    "api:api_payment_order_inquire POST": SystemDoor("payments.inquire", people=True),
    "api:api_self_tests GET": SystemDoor("statements.view", people=True),
    "api:api_self_tests POST": SystemDoor("statements.pull", people=True),
    "api:api_bank_receipts GET": SystemDoor("statements.view", people=True),
    "api:api_bank_receipt_file GET": SystemDoor("statements.receipts", people=True),
    "api:api_sweeps GET": SystemDoor("receipts.view", people=True),
    "api:api_sweeps POST": SystemDoor("receipts.arrange", people=True),
    "api:api_messages GET": SystemDoor("payments.view"),
    "api:api_messages_ack POST": SystemDoor("payments.view"),
    "api:api_payment_results GET": SystemDoor("payments.view"),
    "api:api_payment_results_ack POST": SystemDoor("payments.view"),
}


def is_listed(key: str) -> bool:
    """Whether somebody wrote down who may reach the address."""
    return key in MAY or key in SYSTEMS
