"""What the walkthrough over a finance system calls agreement: every figure of document, payment and voucher, on both ends."""

from __future__ import annotations

from typing import Any

import pytest

from yqlink.walkerp import differences


def row(**changes: Any) -> dict[str, Any]:
    return {
        "company_code": "1000", "doc_type": "付款申请单", "doc_no": "FK1", "line_no": "1", "amount": "100.50",
        "outcome": "settled", "voucher": ["100201 0.00 100.50", "2202 100.50 0.00"],
        "numbers": {"ours": "付-0001", "order": "P1"},
    } | changes  # fmt: skip


def order(**changes: Any) -> dict[str, Any]:
    voucher = {"state": "acked", "number": "付-0007", "erp_no": "付-0001", "amount": "100.50"}
    return {
        "company": "1000", "document": ["付款申请单", "FK1", "1"], "order_no": "P1", "state": "succeeded",
        "amount": "100.50", "voucher": voucher,
    } | changes  # fmt: skip


def test_the_same_on_both_ends_is_no_difference():
    failed = row(line_no="2", outcome="rejected", voucher=[])
    refused = row(line_no="3", outcome="refused", voucher=[])
    orders = [order(), order(document=["付款申请单", "FK1", "2"], state="failed", voucher=None)]

    assert differences({"results": [row(), failed, refused]}, orders) == []


@pytest.mark.parametrize(
    ("theirs", "ours", "words"),
    [
        ({"amount": "9.00"}, {}, "in the document"),
        ({"outcome": "rejected"}, {}, "rejected over there"),
        ({"outcome": "refused"}, {}, "was made"),
        ({"doc_no": "FK9"}, {}, "no payment of it"),
        ({}, {"state": "failed", "voucher": None}, "failed here"),
        ({}, {"voucher": None}, "no voucher"),
        ({"numbers": {"ours": "付-0002", "order": "P1"}}, {}, "over there"),
        ({"voucher": ["2202 1.00 0.00"]}, {}, "comes to 1.00"),
        (
            {},
            {"voucher": {"state": "acked", "erp_no": "付-0001", "amount": "1.00"}},
            "comes to 1.00",
        ),
    ],
)
def test_any_figure_that_differs_is_named(theirs, ours, words):
    found = differences({"results": [row(**theirs)]}, [order(**ours)])

    assert any(words in one for one in found)
