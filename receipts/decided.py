"""What a company has decided about receipts of an account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernel import clock
from masterdata import selectors as masterdata
from receipts.topics import Receiving

if TYPE_CHECKING:
    from receipts.models import ArrivalNotice


def rules_for(notice: ArrivalNotice) -> Receiving:
    """The strategy of today for the notice's company and account subject."""
    return masterdata.strategy(Receiving, notice.company, notice.account.gl_subject, clock.today())[
        0
    ]
