"""What the database itself holds of the books: balance, dense numbers, locked months, lines that never change."""

from __future__ import annotations

import pgtrigger

from ledger.states import VoucherState

# A month takes rows only while its Period stands open; the row is share-locked until the writer's transaction ends, so
# that a lock waits for writers and writers wait for a lock.
_PERIOD_CHECK = """
    IF month.state IS NULL THEN
        RAISE EXCEPTION 'company % has no period %', {company}, {period} USING ERRCODE = 'check_violation';
    END IF;
    IF month.state <> 'open' THEN
        RAISE EXCEPTION 'period % of company % is locked', {period}, {company} USING ERRCODE = 'check_violation';
    END IF;
"""


def row_period_trigger() -> pgtrigger.Trigger:
    """Vouchers: no draft is made, changed or posted in a locked month; its later acknowledgement or reversal may come."""
    check = _PERIOD_CHECK.format(company="NEW.company_id", period="NEW.period")
    return pgtrigger.Trigger(
        name="open_period",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update,
        declare=[("month", "ledger_period%ROWTYPE")],
        func=f"""
            IF TG_OP = 'UPDATE' AND (OLD.state <> 'draft' OR NEW.state = 'void') THEN
                RETURN NEW;
            END IF;
            IF NEW.period <> to_char(NEW.day, 'YYYY-MM') THEN
                RAISE EXCEPTION 'day % is not in period %', NEW.day, NEW.period USING ERRCODE = 'check_violation';
            END IF;
            SELECT * INTO month FROM ledger_period WHERE company_id = NEW.company_id AND code = NEW.period FOR SHARE;
            {check}
            RETURN NEW;
        """,  # noqa: S608 - the words are this module's own
    )


def statement_period_trigger() -> pgtrigger.Trigger:
    """Journal entries: one check of each month a statement touches, however many rows it brings."""
    check = _PERIOD_CHECK.format(company="touched.company_id", period="touched.period")
    return pgtrigger.Trigger(
        name="open_period",
        when=pgtrigger.After,
        level=pgtrigger.Statement,
        operation=pgtrigger.Insert,
        referencing=pgtrigger.Referencing(new="new_rows"),  # type: ignore[no-untyped-call]  # untyped there
        declare=[("month", "ledger_period%ROWTYPE"), ("touched", "record")],
        func=f"""
            IF EXISTS (SELECT 1 FROM new_rows WHERE period <> to_char(day, 'YYYY-MM')) THEN
                RAISE EXCEPTION 'a day lies outside its period' USING ERRCODE = 'check_violation';
            END IF;
            FOR touched IN SELECT DISTINCT company_id, period FROM new_rows ORDER BY company_id, period LOOP
                SELECT * INTO month FROM ledger_period
                    WHERE company_id = touched.company_id AND code = touched.period FOR SHARE;
                {check}
            END LOOP;
            RETURN NULL;
        """,  # noqa: S608 - the words are this module's own
    )


_BALANCED = """
    SELECT coalesce(sum(debit), 0) AS debit, coalesce(sum(credit), 0) AS credit, count(*) AS line_count INTO found
        FROM ledger_voucherline WHERE voucher_id = {voucher};
    IF found.debit <> found.credit OR found.line_count < 2 THEN
        RAISE EXCEPTION 'voucher % does not balance: debit %, credit %, % lines', {voucher}, found.debit, found.credit,
            found.line_count USING ERRCODE = 'check_violation';
    END IF;
"""


def balanced_trigger() -> pgtrigger.Trigger:
    """At commit: what a voucher's lines say on both sides is equal."""
    check = _BALANCED.format(voucher="COALESCE(NEW.voucher_id, OLD.voucher_id)")
    return pgtrigger.Trigger(
        name="balanced",
        when=pgtrigger.After,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        timing=pgtrigger.Deferred,
        declare=[("found", "record")],
        func=f"{check} RETURN NULL;",
    )


def whole_trigger() -> pgtrigger.Trigger:
    """At commit: a voucher has lines, its amount is their sum, and its number follows one that exists."""
    check = _BALANCED.format(voucher="NEW.id")
    return pgtrigger.Trigger(
        name="whole",
        when=pgtrigger.After,
        operation=pgtrigger.Insert | pgtrigger.Update,
        timing=pgtrigger.Deferred,
        declare=[("found", "record")],
        func=f"""
            {check}
            IF found.debit <> NEW.amount THEN
                RAISE EXCEPTION 'voucher % says %, its lines %', NEW.id, NEW.amount, found.debit
                    USING ERRCODE = 'check_violation';
            END IF;
            IF NEW.voucher_no > 1 AND NOT EXISTS (
                SELECT 1 FROM ledger_voucher WHERE company_id = NEW.company_id AND period = NEW.period
                    AND voucher_type = NEW.voucher_type AND voucher_no = NEW.voucher_no - 1
            ) THEN
                RAISE EXCEPTION 'voucher number % leaves a gap', NEW.voucher_no USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        """,  # noqa: S608 - the words are this module's own
    )


def drafts_only_trigger() -> pgtrigger.Trigger:
    """Lines are written, changed and removed only while their voucher is a draft."""
    return pgtrigger.Trigger(
        name="drafts_only",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        func="""
            IF (SELECT state FROM ledger_voucher WHERE id = COALESCE(NEW.voucher_id, OLD.voucher_id)) <> 'draft' THEN
                RAISE EXCEPTION 'voucher % is posted, its lines stay', COALESCE(NEW.voucher_id, OLD.voucher_id)
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN COALESCE(NEW, OLD);
        """,
    )


# What posting fixes; state, its times and the ERP's answer may still be written.
FIXED = (
    "company_id", "day", "period", "voucher_type", "voucher_no", "posting_key", "payload_digest", "event",
    "template_id", "source_kind", "source_id", "description", "amount", "currency", "attachment_count", "evidence",
    "reverses_id", "maker_id", "poster_id", "posted_at",
)  # fmt: skip


def fixed_trigger() -> pgtrigger.Trigger:
    """A posted voucher never changes."""
    old, new = (", ".join(f"{side}.{name}" for name in FIXED) for side in ("OLD", "NEW"))
    return pgtrigger.Trigger(
        name="posted_for_ever",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        func=f"""
            IF OLD.state <> 'draft' AND ROW({old}) IS DISTINCT FROM ROW({new}) THEN
                RAISE EXCEPTION 'voucher % is posted and never changes', OLD.id USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        """,
    )


def reversal_trigger() -> pgtrigger.Trigger:
    """A voucher begins as a draft, and is reversed only beside a posted red voucher of the opposite amount."""
    return pgtrigger.Trigger(
        name="reversed_by_red",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.UpdateOf("state"),  # type: ignore[no-untyped-call]  # untyped there
        func=f"""
            IF TG_OP = 'INSERT' AND NEW.state <> '{VoucherState.DRAFT}' THEN
                RAISE EXCEPTION 'a voucher begins as a draft' USING ERRCODE = 'check_violation';
            END IF;
            IF TG_OP = 'UPDATE' AND NEW.state = '{VoucherState.REVERSED}' AND OLD.state <> NEW.state AND NOT EXISTS (
                SELECT 1 FROM ledger_voucher red WHERE red.reverses_id = NEW.id
                    AND red.state IN ('{VoucherState.POSTED}', '{VoucherState.ACKED}') AND red.amount = -NEW.amount
            ) THEN
                RAISE EXCEPTION 'voucher % has no red voucher', NEW.id USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        """,  # noqa: S608 - the words are this module's own
    )
