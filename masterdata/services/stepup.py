"""The second factor at the moment of an act: who gave it, how, and when; good for a short while in one session.

A money act's page calls `require_stepup(request, act)` and hands the `StepUp` it gets to the command, which keeps it with
the decision. Sessions are measured in real time, the record in the house's time.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings

from audit import origin as audit_origin
from kernel import clock
from kernel.errors import NotAllowed
from masterdata.services import factors, security_keys

if TYPE_CHECKING:
    from django.http import HttpRequest

    from masterdata.models import User

SESSION_KEY = "step_up"
FIELD = "otp"  # the form field of the code; programs may send the header instead
HEADER = "X-OTP"


class StepUpNeeded(NotAllowed):
    """The act wants the second factor now: `field` is where the code goes."""

    code = "step_up"

    def __init__(self, message: str = "", message_en: str = "") -> None:
        super().__init__(
            message or "此操作需要再次验证身份，请输入动态验证码或使用安全密钥",
            message_en or "this act wants the code of your second factor",
            field=FIELD,
        )


@dataclass(frozen=True)
class StepUp:
    """A second factor given by `user_id` at `at`, by `method` ("totp", "webauthn"), with the device `factor_id` names ("totp:17")."""

    user_id: int
    method: str
    factor_id: str
    at: datetime

    @property
    def words(self) -> str:
        """How the trail tells it."""
        return f"{self.factor_id} {self.at.astimezone(clock.SHANGHAI):%H:%M:%S}"


def keep(session: Any, given: StepUp) -> None:
    """Remember in the session that the factor was just given."""
    session[SESSION_KEY] = {
        "user": given.user_id,
        "method": given.method,
        "factor": given.factor_id,
        "at": given.at.isoformat(),
        "given_s": time.time(),
    }


def current(session: Any, user_id: int | None) -> StepUp | None:
    """The step-up of this session that still holds, if any."""
    kept = session.get(SESSION_KEY)
    if not kept or kept["user"] != user_id:
        return None
    age_s = time.time() - kept["given_s"]
    if not 0 <= age_s <= settings.STEP_UP_S:
        return None
    return StepUp(kept["user"], kept["method"], kept["factor"], datetime.fromisoformat(kept["at"]))


def require_stepup(request: HttpRequest, act: str) -> StepUp:
    """The step-up that covers `act` ("payments.release"), taking a code or a security key's answer where one is sent.

    Raises StepUpNeeded when none holds and no code came, or the code is wrong, used or locked out for a while.
    """
    user: Any = request.user
    code = request.POST.get(FIELD, "") or request.headers.get(HEADER, "")
    answer = request.POST.get(security_keys.ANSWER, "")
    if code or answer:
        given = (
            give_key(user=user, session=request.session, answer=answer, act=act)
            if answer
            else give_factor(user=user, code=code, act=act)
        )
        keep(request.session, given)
    else:
        held = current(request.session, user.pk)
        if held is None:
            raise StepUpNeeded()
        given = held
    audit_origin.add(given.words)
    return given


def give_factor(*, user: User, code: str, act: str) -> StepUp:
    """Check a code of the person's second factor; a good one is spent. Raises StepUpNeeded otherwise."""
    outcome = factors.verify_code(user=user, code=code, act=act)
    if outcome.factor is None:
        why = outcome.refusal
        raise StepUpNeeded(why.message if why else "", why.message_en if why else "")
    return StepUp(user.pk, "totp", outcome.factor.reference, clock.now())


def give_key(*, user: User, session: Any, answer: str, act: str) -> StepUp:
    """Check a security key's answer to a challenge of this session. Raises StepUpNeeded otherwise."""
    try:
        key = security_keys.verify(user=user, session=session, answer=answer, act=act)
    except security_keys.KeyRefused as error:
        raise StepUpNeeded(error.message, error.message_en) from None
    return StepUp(user.pk, "webauthn", key.reference, clock.now())


def demand(given: StepUp | None, actor: User) -> StepUp:
    """What a command says: this act is not done without the actor's own second factor. Raises StepUpNeeded."""
    if given is None or given.user_id != actor.pk:
        raise StepUpNeeded()
    return given
