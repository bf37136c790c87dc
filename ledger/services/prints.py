"""Every print of a document is noted: its number stands on the paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from audit import selectors as trail
from audit import services as audit
from ledger.models import Voucher

if TYPE_CHECKING:
    from masterdata.models import OwnAccount

VOUCHER, JOURNAL = "ledger.voucher.printed", "ledger.journal.printed"


@transaction.atomic(durable=True)
def note(subject: OwnAccount | Voucher, *, actor: Any, month: str = "") -> int:
    """Note one print; which print of the document it is."""
    event = VOUCHER if isinstance(subject, Voucher) else JOURNAL
    audit.record(event, actor=actor, subject=subject, after={"month": month} if month else None)
    return trail.times(event, subject_kind=subject._meta.label_lower, subject_id=subject.pk)
