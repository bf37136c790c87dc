"""What a person signs, byte for byte. Written and checked by the same lines, here and in the stand-alone verifier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from kernel import clock, seal

_DECISIONS = b"yqlink.decisions.v1\x00"
_CERTIFICATE = b"yqlink.certificate.v1\x00"


@dataclass(frozen=True, kw_only=True)
class DecisionFacts:
    """One decision: who does what with which content, and what they had before their eyes.

    `content` is the digest approvals bind to; `sealed` that of the instruction a release sends out; `shown` that of the page;
    `needed` how many approvers the matrix row `policy` asks for; `factor` the device of the second factor they gave; `behalf` the natural
    person whose duty was lent to them, empty where it is their own.
    """

    act: str
    step: int
    case: int
    subject: str
    content: str
    sealed: str
    amount: str
    currency: str
    maker: str
    needed: int
    policy: str
    person: str
    behalf: str
    user: int
    key: str
    shown: str
    factor: str
    note: str
    at: str


def when(moment: datetime) -> str:
    """A moment as statements write it."""
    return moment.astimezone(clock.SHANGHAI).isoformat()


def statement(facts: DecisionFacts) -> bytes:
    """The canonical bytes of one decision."""
    return seal.canonical(asdict(facts))


def message(root: bytes) -> bytes:
    """What is signed for all decisions of one act: the root of their tree, marked as such."""
    return _DECISIONS + root


def certificate(facts: Mapping[str, object]) -> bytes:
    """The canonical bytes a registrar signs about a key."""
    return seal.canonical(facts)


def certificate_message(certificate: bytes) -> bytes:
    """What the registrar's key signs."""
    return _CERTIFICATE + certificate
