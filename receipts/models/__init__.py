"""Tables of the app: arrival notices, sales offices and their schedules, what is known of payers."""

from receipts.models.booking import BookingLine, BookingRun, Refund
from receipts.models.notices import ArrivalCursor, ArrivalNotice, SplitLine, Supplement
from receipts.models.offices import OfficeCustomer, SalesOffice
from receipts.models.payers import PayerKey, Receivable
from receipts.models.schedules import CollectionRun, CollectionSchedule

__all__ = [
    "ArrivalCursor",
    "ArrivalNotice",
    "BookingLine",
    "BookingRun",
    "CollectionRun",
    "CollectionSchedule",
    "OfficeCustomer",
    "PayerKey",
    "Receivable",
    "Refund",
    "SalesOffice",
    "SplitLine",
    "Supplement",
]
