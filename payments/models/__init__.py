"""Payment orders, their instructions and batches, the proof of their ends, and imported lists."""

from payments.models.evidence import Adjudication, DebitTie
from payments.models.imports import ImportSet
from payments.models.instructions import Batch, PaymentInstruction
from payments.models.linked import LinkedLeg, LinkedPayment
from payments.models.orders import GAVE_UP_ITS_LINE, PaymentOrder
from payments.models.outside import OutsidePayment

__all__ = [
    "GAVE_UP_ITS_LINE",
    "Adjudication",
    "Batch",
    "DebitTie",
    "ImportSet",
    "LinkedLeg",
    "LinkedPayment",
    "OutsidePayment",
    "PaymentInstruction",
    "PaymentOrder",
]
