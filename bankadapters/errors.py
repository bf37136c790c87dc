"""Bank errors, sorted by one question: could money have moved?"""

from __future__ import annotations

from kernel.errors import InvalidInput


class BankError(Exception):
    """Anything that went wrong between us and a bank; `code`/`text` are the bank's own words where it gave any."""

    def __init__(self, text: str = "", *, code: str = "") -> None:
        super().__init__(f"{code} {text}".strip())
        self.code = code
        self.text = text


class NotSent(BankError):
    """Provably no byte of the request left: may be retried with the same number."""


class NotReady(NotSent):
    """The connection lacks a setting or a credential: nothing can leave before somebody fills it in."""

    def __init__(self, name: str) -> None:
        super().__init__(f"connection has no {name}")
        self.name = name


class Refused(BankError):
    """The bank refused with a code on its definitive list: nothing moved, nothing will."""


class OutcomeUnknown(BankError):
    """A byte left and no trustworthy answer came: ask, never send again."""


class Unreadable(BankError):
    """An answer that cannot be decoded; while paying it means OutcomeUnknown, while reading it may be asked again."""


class QueryFailed(BankError):
    """A query was answered with an error: it says nothing about any payment."""


class Unsupported(BankError):
    """The bank has no such ability."""


class Unencodable(Refused, InvalidInput, ValueError):
    """We refuse to put a request on the wire; nothing was sent. Says which field broke which limit."""

    def __init__(self, text: str, *, field: str = "") -> None:
        Refused.__init__(self, text)
        self.message = self.message_en = text
        self.code = "unencodable"
        self.field = field
        self.row = None
