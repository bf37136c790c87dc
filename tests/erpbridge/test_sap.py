"""SAP: payment runs read, statuses and documents written, statements its upload can take."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from erpbridge.contract import FIELDS, OUT_FIELDS, Kind
from erpbridge.profiles import sap, sap_statements
from erpbridge.simulator.sides.sap import payment_order, statuses, vouchers
from kernel import clock
from masterdata.roles import Role
from payments.states import STATE_NAMES
from statements.services import uploads
from tests.build import a_user
from tests.erpbridge.test_u8 import LINE, VOUCHER
from tests.statements.rows import an_account

ITEM = {
    "doc_type": "付款申请单", "doc_no": "FK1", "line_no": "2", "company_code": "1000", "payer_account": "320766254501",
    "payee_code": "V00001", "payee_name": "江阴恒源化工（集团）有限公司", "payee_account": "6222000010",
    "payee_bank": "中国工商银行", "cnaps": "102100099996", "currency": "CNY", "amount": "1234.50", "purpose": "货款",
    "remark": "合同HT001", "wish_date": "2026-11-24", "urgent": "是", "invoice_no": "INV-7", "gl_subject": "220201",
    "cash_flow_item": "购买商品",
}  # fmt: skip
OTHER = {**ITEM, "line_no": "3", "amount": "0.50", "payer_account": "320766254519", "urgent": ""}


def order(*items: dict[str, str], total: str = "1235.00") -> bytes:
    return payment_order(items, number="RUN1", moment="2026-11-24T09:00:00", total=total)


def plain(item: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in item.items() if text}


class TestReadPaymentOrder:
    def test_every_field_of_every_payment_arrives(self):
        assert sap.read_payment_order(order(ITEM, OTHER)) == [plain(ITEM), plain(OTHER)]

    def test_takes_the_version_whose_date_is_wrapped(self):
        data = (
            order(ITEM, total="1234.50")
            .replace(b"001.001.03", b"001.001.09")
            .replace(b">2026-11-24</ReqdExctnDt>", b"><Dt>2026-11-24</Dt></ReqdExctnDt>")
        )

        assert sap.read_payment_order(data) == [plain(ITEM)]

    @pytest.mark.parametrize(
        ("before", "after", "words"),
        [
            (b"<NbOfTxs>2</NbOfTxs>", b"<NbOfTxs>3</NbOfTxs>", "NbOfTxs 3"),
            (b"<CtrlSum>1235.00</CtrlSum>", b"<CtrlSum>1.00</CtrlSum>", "CtrlSum 1.00"),
            (b">1234.50</InstdAmt>", b">abc</InstdAmt>", "InstdAmt"),
            (b"pain.001.001.03", b"pain.008.001.02", "pain.001.001.03"),
            (b"</Document>", b"", "not well-formed"),
        ],
    )
    def test_what_does_not_hold_is_refused_as_a_whole(self, before, after, words):
        with pytest.raises(sap.Unfit, match=words):
            sap.read_payment_order(order(ITEM, OTHER).replace(before, after))


def result(state: str, **changes: Any) -> dict[str, Any]:
    return {
        "message_id": "P20261124000019-7", "company_code": "1000", "doc_type": "付款申请单", "doc_no": "FK1",
        "line_no": "2", "amount": "1234.50", "currency": "CNY", "state": state, "bank_serial": "18000001", "reason": "",
    } | changes  # fmt: skip


class TestStatusReport:
    @pytest.mark.parametrize("state", sorted(STATE_NAMES))
    def test_only_a_definite_end_is_told_as_one(self, state):
        data = sap.status_report([result(state)], number="R1", moment="2026-11-24T10:00:00+08:00")

        status = etree.fromstring(data).findtext(".//{*}TxSts")
        definite = {"succeeded": "ACSC", "failed": "RJCT", "returned": "RJCT"}
        ended = {"rejected": "RJCT", "void": "RJCT", "cancelled": "RJCT"}
        assert (status in ("ACSC", "RJCT")) == (state in definite | ended)
        assert status == (definite | ended).get(state, status)
        if state in ("unknown", "disputed", "sending", "manual_handling", "held"):
            assert status == "PDNG"

    def test_is_read_back_by_the_document_it_is_about(self):
        (told,) = statuses(
            sap.status_report([result("succeeded")], number="R1", moment="2026-11-24T10:00:00")
        )

        assert {name: told[name] for name in ("doc_type", "doc_no", "line_no", "state", "bank_serial")} == {
            "doc_type": "付款申请单", "doc_no": "FK1", "line_no": "2", "state": "succeeded", "bank_serial": "18000001",
        }  # fmt: skip


class TestAccountingDocuments:
    def test_a_voucher_is_one_call_whose_amounts_add_up_to_nothing(self):
        rows = vouchers(sap.accounting_documents(VOUCHER, doc_types={"付": "KZ"}))

        assert [(row["subject"], row["debit"], row["credit"], row["bill_no"]) for row in rows] == [
            ("100201", "0.00", "1268400.00", "18000001"),
            ("2202", "1268400.00", "0.00", "18000001"),
        ]
        assert {row["posting_key"] for row in rows} == {"payment:1"}

    def test_a_supplier_is_posted_as_payable(self):
        (call,) = etree.fromstring(sap.accounting_documents(VOUCHER))

        assert call.findtext("ACCOUNTPAYABLE/VENDOR_NO") == "V00001"
        assert call.findtext("DOCUMENTHEADER/FIS_PERIOD") == "11"

    @pytest.mark.parametrize(
        "changes", [{"debit": "1.00"}, {"posting_key": "x" * 36}, {"supplier": "V" * 11}]
    )
    def test_what_it_has_no_room_for_is_named_and_never_cut(self, changes):
        rows = [
            LINE | changes,
            *[row | {"posting_key": (LINE | changes)["posting_key"]} for row in VOUCHER[1:]],
        ]

        with pytest.raises(sap.Unfit, match=r"凭证"):
            sap.accounting_documents(rows)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("idoc_pexr2002", set(FIELDS)),
        ("idoc_finsta01", {"message_id", *OUT_FIELDS[Kind.STATEMENT]}),
        ("bapi_acc_document_post", {*OUT_FIELDS[Kind.VOUCHER], *sap._line(LINE, {})}),
    ],
)
def test_every_field_a_map_names_is_one_of_ours(name, fields):
    named = {row["ours"] for row in sap.field_map(name) if not row["ours"].startswith("=")}

    assert named <= fields


def entry(serial: str, amount: str, after: str, direction: str = "debit") -> dict[str, str]:
    return {
        "account": "440012345678", "company_code": "1010", "bank_date": "2026-11-24", "bank_serial": serial,
        "direction": direction, "amount": amount, "currency": "CNY", "balance_after": after, "reference": f"Y{serial}",
        "counterparty_name": "江阴恒源化工有限公司", "counterparty_account": "6222000010", "narrative": ":货款", "purpose": "",
    }  # fmt: skip


ENTRIES = [entry("S1", "100.00", "900.00"), entry("S2", "50.25", "950.25", "credit")]


class TestStatements:
    def test_a_gap_in_the_balances_begins_another_statement(self):
        found = sap_statements.sections([*ENTRIES, entry("S9", "1.00", "5.00")])

        assert [(str(one.opening), str(one.closing)) for one in found] == [
            ("1000.00", "950.25"),
            ("6.00", "5.00"),
        ]

    def test_an_entry_without_a_balance_is_no_statement(self):
        with pytest.raises(sap.Unfit, match="S1"):
            sap_statements.sections([ENTRIES[0] | {"balance_after": ""}])

    @pytest.mark.django_db
    @pytest.mark.parametrize("form", ["mt940", "camt.053"])
    def test_an_independent_reader_finds_the_same_entries_and_balances(self, form, frozen_clock):
        account = an_account()
        data = sap_statements.mt940(ENTRIES, number=7).encode()
        if form != "mt940":
            data = sap_statements.camt053(ENTRIES, number=7, moment=clock.now().isoformat())

        preview = uploads.look(
            data=data,
            filename="statement.sta" if form == "mt940" else "statement.xml",
            scope=_scope(account),
            wish=uploads.Wish(),
        )

        (told,) = preview["statements"]
        assert (told["opening"], told["closing"], preview["faults"]) == ("1000.00", "950.25", [])


def _scope(account: Any) -> Any:
    from masterdata.selectors import scope_of

    return scope_of(a_user(Role.RECONCILER, company=account.company))
