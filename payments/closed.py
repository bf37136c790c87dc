"""Columns of closed texts, for the rotation of keys."""

from __future__ import annotations

from kernel.vault import Closed

COLUMNS = (
    Closed("payments.ImportSet", "content", "import:{sha256}"),
    Closed("payments.Adjudication", "evidence_file", "adjudication:{instruction__instr_no}"),
    Closed("payments.OutsidePayment", "evidence_file", "outside:{order__order_no}"),
    Closed(
        "payments.PaymentInstruction",
        "sealed",
        "instruction:{instr_no}",
        is_envelope=True,
        guards=("sealed_for_ever",),
    ),
)
