"""Payment orders, their instructions and batches, what keeps them from going twice, the proof of their ends, lists."""

from payments.models.controls import OrderReference, RecurringSchedule, RuleHit
from payments.models.evidence import Adjudication, DebitTie
from payments.models.imports import ImportSet
from payments.models.instructions import Batch, PaymentInstruction
from payments.models.limits import Limit, LimitCounter, LimitUse
from payments.models.linked import LinkedLeg, LinkedPayment
from payments.models.orders import GAVE_UP_ITS_LINE, PaymentOrder
from payments.models.outside import OutsidePayment

__all__ = [
    "GAVE_UP_ITS_LINE",
    "Adjudication",
    "Batch",
    "DebitTie",
    "ImportSet",
    "Limit",
    "LimitCounter",
    "LimitUse",
    "LinkedLeg",
    "LinkedPayment",
    "OrderReference",
    "OutsidePayment",
    "PaymentInstruction",
    "PaymentOrder",
    "RecurringSchedule",
    "RuleHit",
]
