"""Which tables keep a history of their rows, and what of it: every table of ours, but those named here with the reason."""

from __future__ import annotations

from audit.row_rules import RowRules

_VERSIONED = frozenset({"version", "created_at", "updated_at"})

RULES = RowRules(
    houses=frozenset(
        {
            *("desk", "masterdata", "approvals", "statements", "ledger", "payments"),
            *("receipts", "reconciliation", "treasury", "bankbridge", "erpbridge"),
        }
    ),
    besides=frozenset({"otp_totp.totpdevice"}),
    exempt={
        "desk.job": "progress of background work",
        "desk.notification": "read or unread, by its owner",
        "desk.savedview": "a person's own filters",
        "desk.importmapping": "a person's own column choices",
        "reconciliation.matchedaccount": "where the next run goes on",
        "reconciliation.matchline": "computed from entries and journal, which are kept; the verifier of runs recomputes it",
        "reconciliation.matchnote": "words on a computed match",
        "reconciliation.proposal": "made anew by every run",
        "reconciliation.watermark": "where the next run goes on",
        "masterdata.apinonce": "numbers a key used once, dropped when their time is over",
        "bankbridge.pullcursor": "when an account is asked next",
        "bankbridge.pace": "when a bank may be asked next",
        "bankbridge.exchangereading": "what was made of answers, which are kept; replay makes it again",
        "statements.receiptday": "counted anew from entries and receipts, which are kept",
        "bankbridge.tickhealth": "heartbeat",
        "erpbridge.readmark": "how far a finance system's view was read",
        "erpbridge.readrow": "what was read of it; orders are kept",
    },
    apart={
        "otp_totp.totpdevice": frozenset(
            {
                *("throttling_failure_timestamp", "throttling_failure_count"),
                *("last_used_at", "last_t", "drift"),
            }
        ),
        "masterdata.user": frozenset({"last_login"}),
        "masterdata.securitykey": frozenset({"used_at"}),
        "masterdata.apikey": frozenset({"used_at"}),
        "masterdata.connection": frozenset(
            {"session", "session_changed_at", "last_ok_at", "last_error_at", "last_error"}
        ),
        "erpbridge.erpsystem": frozenset({"last_ok_at", "last_error", "last_error_at"}),
    },
    looked_up=frozenset(
        {
            "payments.paymentinstruction",
            "masterdata.ownaccount",
            "masterdata.counterpartyaccount",
            "approvals.standingauthority",
            "approvals.standingsignature",
            "approvals.standingstop",
        }
    ),
    named={
        "payments.paymentorder": (
            *("state", "shown_state", "held_from", "hold_reasons", "return_reason", "content_hash"),
            *(
                "amount",
                "currency",
                "payer_account_id",
                "payee_account_id",
                "payee_name",
                "payee_number",
            ),
            *(
                "payee_bank",
                "payee_cnaps",
                "purpose",
                "remark",
                "wish_date",
                "invoice_no",
                "is_urgent",
            ),
            *("approvals_needed", "approvals_given", "checker_id", "releaser_id", "released_at"),
            *("instruction_id", "is_paid_outside"),
        ),
    },
    told={
        "otp_totp.totpdevice": frozenset({"key", "last_t", "drift", "last_used_at"}),
        "masterdata.user": frozenset({"password", "last_login"}),
        "masterdata.securitykey": frozenset({"credential", "point", "used_at"}),
        "masterdata.membership": frozenset(),
        "masterdata.delegation": frozenset(),
        "masterdata.apiclient": frozenset({"key_digest"}),
        "masterdata.apikey": frozenset({"secret", "used_at"}),
        "masterdata.company": _VERSIONED,
        "masterdata.ownaccount": _VERSIONED,
        "masterdata.counterparty": _VERSIONED,
        "masterdata.counterpartyaccount": _VERSIONED,
        "masterdata.connection": _VERSIONED | {"credentials", "session"},
        "masterdata.outboundgate": frozenset(),
        "masterdata.bankprofile": frozenset({"updated_at"}),
        "masterdata.calendarday": frozenset(),
        "masterdata.strategyrow": frozenset({"mac"}),
        "approvals.policy": frozenset({"mac"}),
        "approvals.standingauthority": frozenset({"mac"}),
        "payments.limit": frozenset({"mac"}),
        "ledger.vouchertemplate": frozenset(),
        "erpbridge.erpsystem": _VERSIONED | {"secrets"},
    },
)
