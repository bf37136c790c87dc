"""Who acts: the person, what they may do, and the key they unlocked for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from approvals import services as approvals
from kernel.scope import Scope

if TYPE_CHECKING:
    from approvals.signing.signers import Signer
    from masterdata.models import User
    from masterdata.services.stepup import StepUp


@dataclass(frozen=True)
class Hand:
    """Whose hand does it: the key the person unlocked for the act, the second factor they gave, and what the page had shown."""

    signer: Signer
    stepup: StepUp | None = None
    shown: bytes = b""


@dataclass(frozen=True)
class Act:
    """One act: who does it, with what note, by whose hand where it is a decision."""

    actor: User
    scope: Scope
    note: str = ""
    hand: Hand | None = None

    def signing(self, sealed: Mapping[int, str]) -> approvals.Signing | None:
        """How its decisions are signed, a release with the digest of each instruction; None where no key was unlocked."""
        if self.hand is None:
            return None
        return approvals.Signing(
            signer=self.hand.signer,
            shown=self.hand.shown,
            sealed=sealed,
            stepup=self.hand.stepup,
        )
