"""What the database itself holds of releases."""

from __future__ import annotations

# An instruction exists only for an order whose present content was checked, approved as often as needed, and released, or
# released under a standing mandate of its account.
RELEASE_SQL = """
    IF NOT EXISTS (
        SELECT 1 FROM payments_paymentorder o JOIN approvals_case c ON c.id = o.approval_id
        WHERE o.id = NEW.order_id AND c.voided_at IS NULL AND c.digest = NEW.content_hash
          AND c.subject_kind = 'payment' AND c.subject_id = o.id::text AND c.amount = o.amount AND c.currency = NEW.currency
          AND ((EXISTS (SELECT 1 FROM approvals_decision d WHERE d.case_id = c.id AND d.act = 'check')
                AND EXISTS (SELECT 1 FROM approvals_decision d WHERE d.case_id = c.id AND d.act = 'release')
                AND (SELECT count(*) FROM approvals_decision d WHERE d.case_id = c.id AND d.act = 'approve') >= c.approvers_needed)
               OR EXISTS (SELECT 1 FROM approvals_standingrelease s JOIN approvals_standingauthority a ON a.id = s.authority_id
                          WHERE s.case_id = c.id AND a.payer_id = o.payer_account_id AND o.amount <= a.item))
    ) THEN
        RAISE EXCEPTION 'order % was not released by its people', NEW.order_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""
