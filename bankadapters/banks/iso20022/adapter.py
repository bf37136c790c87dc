"""A bank that speaks ISO 20022 in files: pain.001 out; pain.002, camt.052, camt.053 and camt.054 in."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import ClassVar

from bankadapters.banks.iso20022 import requests
from bankadapters.banks.iso20022.answers import REPORT, STATEMENTS, Status, kind_of
from bankadapters.banks.iso20022.profile import PROFILE
from bankadapters.contract import (
    Ability,
    Instruction,
    Outcome,
    Profile,
    Reading,
    WireRequest,
)
from bankadapters.dialect import INQUIRIES, PAYMENTS, Message
from bankadapters.errors import BankError, Unreadable
from bankadapters.filebank import FileDialect, combined, labels_of, statements
from bankadapters.folders import LISTED, FolderCarrier, Left
from bankadapters.transport import Carrier
from kernel.formats import camt


def labels(data: bytes) -> frozenset[str]:
    """What a file of the bank speaks of; nothing where it is none of ours."""
    try:
        kind, node = kind_of(data)
        if kind == REPORT:
            status = Status.of(node)
            return frozenset(
                {f"status:{status.group.number}"} | {f"ref:{one}" for one in status.references}
            )
        return (
            frozenset(labels_of(statements(data, camt.read))) if kind in STATEMENTS else frozenset()
        )
    except (BankError, ValueError, ArithmeticError):
        return frozenset()


class Iso20022Adapter(FileDialect):
    """Payments as pain.001 files; what becomes of them out of pain.002 and of the entries that carry their numbers."""

    profile: ClassVar[Profile] = PROFILE
    carriers: ClassVar[Mapping[str, Carrier]] = {"main": FolderCarrier(labels=labels)}
    sections = staticmethod(camt.read)

    def kind_of(self, item: Instruction, operation: Ability) -> Hashable:
        """One payment block: one payer account, currency, day and urgency."""
        return item.payer_account, item.money.currency, item.day, item.urgent

    # -- asking -------------------------------------------------------------------------------------------------

    def compose(self, request: WireRequest, token: str) -> Message:
        """A pain.001 to put, or where the bank's own files are to be looked for."""
        if request.batch is not None:
            number = request.batch.batch_no
            data = requests.pain_001(
                request.batch, setting=self.setting, currencies=self.listed("currencies")
            )
            target = f"put pain.001-{number}.xml status:{number}"
            return Message("pain.001", data, target=target)
        if request.operation in INQUIRIES:
            words = [f"ref:{one.reference}" for one in request.inquiries]
            words += sorted({f"status:{one.batch_no}" for one in request.inquiries if one.batch_no})
            return Message("pain.002", b"", target=" ".join(["find", *words]))
        return Message("camt", b"", target=self.where(request))

    # -- answers ------------------------------------------------------------------------------------------------

    def payments_told(
        self, operation: Ability, files: Sequence[Left], asked: WireRequest | None
    ) -> Reading:
        """What status reports and entries say. Raises Unreadable."""
        is_paying = operation in PAYMENTS
        reports, entries = _sorted_out(files)
        if is_paying and not reports:
            raise Unreadable("no status report among the answers")
        said: list[Outcome] = []
        for one in sorted(reports, key=lambda report: report.made):
            said += one.outcomes(asked, paid=self.listed("paid_statuses"), while_paying=is_paying)
        if asked is not None and not is_paying:
            said += self.booked(self.told(entries), asked.inquiries)
        group = reports[-1].group.status if reports else ""
        return Reading(group, "", outcomes=combined(said))


def _sorted_out(files: Sequence[Left]) -> tuple[list[Status], list[Left]]:
    """The status reports among the files, and the statements. Raises Unreadable for anything else."""
    reports: list[Status] = []
    entries: list[Left] = []
    for file in files:
        if file.name == LISTED:
            continue
        kind, node = kind_of(file.data)
        if kind == REPORT:
            reports.append(Status.of(node))
        elif kind in STATEMENTS:
            entries.append(file)
        else:
            raise Unreadable(f"a message {kind[:40]}, which answers nothing here")
    return reports, entries
