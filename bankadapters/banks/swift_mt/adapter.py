"""A bank that speaks SWIFT MT in files: MT101 out; acknowledgements, rejections, MT940 and MT942 in."""

from __future__ import annotations

import io
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import IO, ClassVar

from bankadapters.banks.swift_mt import requests
from bankadapters.banks.swift_mt.answers import Word, is_whole, word_of
from bankadapters.banks.swift_mt.profile import LINE, PROFILE
from bankadapters.contract import Ability, Instruction, Profile, Reading, WireRequest
from bankadapters.dialect import INQUIRIES, PAYMENTS, Message
from bankadapters.errors import BankError, Unreadable
from bankadapters.filebank import FileDialect, combined, labels_of, statements
from bankadapters.folders import LISTED, FolderCarrier, Left
from bankadapters.transport import Carrier
from kernel.errors import InvalidInput
from kernel.formats import mt940
from kernel.formats.sections import Section

FIELDS_BYTES = 180  # of one payment: tags, reference, amount, account, charges


def sections(stream: IO[bytes]) -> Iterator[Section]:
    """The statements of a whole file: one that does not end as messages do may have lost its end. Raises InvalidInput."""
    data = stream.read()
    if not is_whole(data):
        raise InvalidInput("文件不完整：报文没有结束符", "the file does not end", code="file_cut")
    return mt940.read(io.BytesIO(data))


def labels(data: bytes) -> frozenset[str]:
    """What a file of the bank speaks of; nothing where it is none of ours."""
    try:
        word = word_of(data)
        if word is not None:
            return frozenset({f"word:{word.number}"} | {f"ref:{one}" for one in word.items})
        return frozenset(labels_of(statements(data, sections)))
    except (BankError, ValueError, ArithmeticError):
        return frozenset()


class SwiftMtAdapter(FileDialect):
    """Payments as MT101 files; the network acknowledges them, a debit that carries its number says that one was paid."""

    profile: ClassVar[Profile] = PROFILE
    carriers: ClassVar[Mapping[str, Carrier]] = {"main": FolderCarrier(labels=labels)}
    sections = staticmethod(sections)

    def kind_of(self, item: Instruction, operation: Ability) -> Hashable:
        """One payer account, currency and day."""
        return item.payer_account, item.money.currency, item.day

    def size_of(self, item: Instruction) -> int:
        """Bytes of the payment's fields, with a line end for each line."""
        texts = (item.payee_name, item.payee_bank, item.purpose, item.payee_account)
        return FIELDS_BYTES + sum(len(one.encode()) + 2 * (len(one) // LINE + 1) for one in texts)

    def compose(self, request: WireRequest, token: str) -> Message:
        """An MT101 to put, or where the bank's own files are to be looked for."""
        if request.batch is not None:
            number = request.batch.batch_no
            data = requests.mt101(
                request.batch, setting=self.setting, currencies=self.listed("currencies")
            )
            return Message("MT101", data, target=f"put mt101-{number}.txt word:{number}")
        if request.operation in INQUIRIES:
            words = [f"ref:{one.reference}" for one in request.inquiries]
            words += sorted({f"word:{one.batch_no}" for one in request.inquiries if one.batch_no})
            return Message("MT940", b"", target=" ".join(["find", *words]))
        return Message("MT940", b"", target=self.where(request))

    def payments_told(
        self, operation: Ability, files: Sequence[Left], asked: WireRequest | None
    ) -> Reading:
        """What acknowledgements, rejections and entries say. Raises Unreadable."""
        words: list[Word] = []
        entries: list[Left] = []
        for file in files:
            word = word_of(file.data)
            if word is not None:
                words.append(word)
            elif file.name != LISTED:
                entries.append(file)
        said = [one for word in words for one in word.outcomes(asked)]
        code = words[-1].code if words else ""
        if operation in PAYMENTS:
            if not words or entries:
                raise Unreadable("no acknowledgement among the answers")
            return Reading(code, words[-1].text, outcomes=combined(said))
        told = self.told(entries)
        said += self.booked(told, () if asked is None else asked.inquiries)
        return Reading(code, "", outcomes=combined(said))
