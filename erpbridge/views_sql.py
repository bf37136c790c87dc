"""Schema `erp_v1`: versioned, read-only views for finance systems, filtered by the companies of the role that reads.

Columns are only ever added. The views are made anew after every migration (`manage.py erp_views --install`): they are
derived, and must not stand in a migration's way.
"""

from __future__ import annotations

SCHEMA = "erp_v1"
# `$seen`: companies of the role that asks, its client's and everything below them.
_SEEN = """
    SELECT c.id FROM masterdata_company c
    JOIN masterdata_company root ON c.path LIKE root.path || '%'
    JOIN masterdata_apiclient_companies ac ON ac.company_id = root.id
    JOIN masterdata_apiclient client ON client.id = ac.apiclient_id AND client.is_active
    JOIN erpbridge_erpsystem s ON s.client_id = client.id AND s.is_active
    WHERE s.settings ->> 'reader' = CURRENT_USER
"""
VIEWS: dict[str, str] = {
    "v_payment_status": """
        SELECT o.order_no || '-' || (o.version + (SELECT (g.epoch - 1) * 1000000 FROM masterdata_outboundgate g)) AS message_id, co.code AS company_code, o.erp_doc_type AS doc_type,
               o.erp_doc_no AS doc_no, o.erp_line_no AS line_no, o.order_no, o.amount, o.currency, o.shown_state AS state,
               o.is_paid_outside AS paid_outside, i.instr_no, i.bank_serial, i.bank_code, i.bank_text, i.final_at, o.updated_at
        FROM payments_paymentorder o
        JOIN masterdata_company co ON co.id = o.company_id
        LEFT JOIN payments_paymentinstruction i ON i.id = o.instruction_id
        WHERE o.kind <> 'payroll' AND o.company_id IN ($seen)
          AND o.source_system = (SELECT cl.source_system FROM masterdata_apiclient cl JOIN erpbridge_erpsystem es
                                 ON es.client_id = cl.id WHERE es.settings ->> 'reader' = CURRENT_USER)
    """,
    "v_statement_entry": """
        SELECT e.id AS entry_id, a.number AS account, co.code AS company_code, e.bank_date, e.booked_at, e.bank_serial,
               e.direction, e.amount, e.currency, e.balance_after, e.counterparty_name, e.counterparty_account,
               e.narrative, e.purpose, e.reference, e.revision
        FROM statements_statemententry e
        JOIN masterdata_ownaccount a ON a.id = e.account_id
        JOIN masterdata_company co ON co.id = e.company_id
        WHERE e.company_id IN ($seen)
    """,
    "v_arrival_notice": """
        SELECT n.notice_no, co.code AS company_code, a.number AS account, o.code AS office_code, n.bank_date,
               n.entry_at AS booked_at, n.bank_serial, n.amount AS credit_amount, n.currency,
               n.counterparty_name AS payer_name, n.counterparty_account AS payer_account, n.narrative, n.purpose, n.state,
               n.nature, l.line_no AS part_no, coalesce(l.amount, n.amount) AS amount, c.code AS customer_code,
               c.name AS customer_name, l.contract_no, l.invoice_no, l.subject, l.cash_flow_item,
               n.voucher_label AS voucher_no, n.updated_at
        FROM receipts_arrivalnotice n
        JOIN masterdata_company co ON co.id = n.company_id
        JOIN masterdata_ownaccount a ON a.id = n.account_id
        LEFT JOIN receipts_salesoffice o ON o.id = n.office_id
        LEFT JOIN receipts_splitline l ON l.supplement_id = n.supplement_id
        LEFT JOIN masterdata_counterparty c ON c.id = l.customer_id
        WHERE n.company_id IN ($seen)
    """,
    "v_balance": """
        SELECT a.number AS account, co.code AS company_code, b.currency, b.book, b.available, b.frozen, b.as_of,
               b.fetched_at, b.failed_at
        FROM statements_latestbalance b
        JOIN masterdata_ownaccount a ON a.id = b.account_id
        JOIN masterdata_company co ON co.id = b.company_id
        WHERE b.company_id IN ($seen)
    """,
    "v_voucher": """
        SELECT v.id AS voucher_id, co.code AS company_code, v.day, v.period, v.voucher_type, v.voucher_no, v.posting_key,
               v.state, l.line_no, l.description, l.subject, l.debit, l.credit, v.currency, l.settlement_method, l.bill_no,
               l.bill_date, l.counterparty_name, l.supplier, v.erp_voucher_no
        FROM ledger_voucher v
        JOIN ledger_voucherline l ON l.voucher_id = v.id
        JOIN masterdata_company co ON co.id = v.company_id
        WHERE v.state <> 'draft' AND v.company_id IN ($seen)
    """,
    "v_partner": """
        SELECT c.id AS partner_id, c.kind, c.code, c.name, c.uscc, c.origin, c.is_active, c.version, a.number AS account,
               a.name AS account_name, a.bank_name AS bank, a.cnaps, a.state AS account_state
        FROM masterdata_counterparty c
        LEFT JOIN masterdata_counterpartyaccount a ON a.counterparty_id = c.id
        WHERE EXISTS (
            SELECT 1 FROM erpbridge_erpsystem s
            JOIN masterdata_apiclient k ON k.id = s.client_id AND k.is_active AND k.rights ? 'masterdata.view'
            WHERE s.settings ->> 'reader' = CURRENT_USER AND s.is_active AND s.settings -> 'kinds' ? 'master_data'
        )
    """,
    "v_request": """
        SELECT r.view AS view_name, r.row_id, r.status, r.ours AS our_no, r.state, r.errors, r.at
        FROM erpbridge_readrow r
        JOIN erpbridge_erpsystem s ON s.id = r.system_id AND s.is_active
        WHERE s.settings ->> 'reader' = CURRENT_USER
    """,
}


def drop() -> str:
    """SQL that takes the schema away."""
    return f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE"


def install() -> list[str]:
    """SQL that makes schema and views; a reader of a view never learns of rows it is not shown (security barrier)."""
    made = [f"CREATE SCHEMA {SCHEMA}"]
    made += [
        f"CREATE VIEW {SCHEMA}.{name} WITH (security_barrier) AS " + body.replace("$seen", _SEEN)
        for name, body in VIEWS.items()
    ]
    return made


def grant(role: str) -> list[str]:
    """SQL that lets a role read the views and nothing else; it cannot write, nor ask for longer than 30 seconds."""
    return [
        f'ALTER ROLE "{role}" SET default_transaction_read_only = on',
        f"ALTER ROLE \"{role}\" SET statement_timeout = '30s'",
        f'ALTER ROLE "{role}" SET search_path = {SCHEMA}',
        f'GRANT USAGE ON SCHEMA {SCHEMA} TO "{role}"',
        *(f'GRANT SELECT ON {SCHEMA}.{name} TO "{role}"' for name in VIEWS),
    ]
