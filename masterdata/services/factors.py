"""The second factor: enrolment, the check of a code, recovery codes, reset."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from audit.services import record
from kernel import clock, vault
from kernel.errors import InvalidInput, NotAllowed
from masterdata.models import Factor, RecoveryCode, SecurityKey, User

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

RECOVERY_CODES = 10
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # nothing that is misread on paper
_CODE_LENGTH = 10  # 50 bits


@dataclass(frozen=True)
class Checked:
    """The factor that verified a code, or why none did."""

    factor: Factor | None
    refusal: NotAllowed | None = None


def factor_of(user: User) -> Factor | None:
    """The person's confirmed second factor."""
    found: Factor | None = Factor.objects.filter(user=user, confirmed=True).first()
    return found


@transaction.atomic
def verify_code(*, user: User, code: str, act: str = "") -> Checked:
    """Check a code and spend it; wrong ones slow the next try down (1, 2, 4 … s). The row is locked: a code passes once."""
    factor = Factor.objects.select_for_update().filter(user=user, confirmed=True).first()
    if factor is None:
        return Checked(None, NotAllowed("您还没有绑定动态验证码", "no second factor is enrolled"))
    is_open, _why = factor.verify_is_allowed()
    if not is_open:
        return Checked(
            None,
            NotAllowed("验证码错误次数过多，请稍候再试", "too many wrong codes: wait a little"),
        )
    if not factor.verify_token(code.replace(" ", "")):
        record("masterdata.factor.refused", actor=user, subject=user, after={"act": act})
        return Checked(
            None,
            NotAllowed(
                "验证码不正确或已用过，请等待下一个验证码",
                "the code is wrong or was used: wait for the next one",
            ),
        )
    return Checked(factor)


@transaction.atomic
def begin_enrolment(*, user: User, secret: bytes = b"") -> Factor:
    """An unconfirmed factor with a fresh secret; an earlier unconfirmed one is dropped."""
    Factor.objects.filter(user=user, confirmed=False).delete()
    key = Factor.sealed_key(user.pk, secret)
    factor: Factor = Factor.objects.create(user=user, name="totp", key=key, confirmed=False)
    return factor


def secret_words(factor: Factor) -> str:
    """The secret as a person types it into a phone that cannot scan: base32 in groups of four."""
    text = base64.b32encode(factor.bin_key).decode()
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def offered(user: User) -> Factor:
    """The factor being enrolled, begun now where none was."""
    factor: Factor | None = Factor.objects.filter(user=user, confirmed=False).first()
    return factor or begin_enrolment(user=user)


@transaction.atomic
def confirm_enrolment(*, user: User, code: str) -> list[str]:
    """The code proves that the secret arrived: the factor counts from now on, an older one no more.

    Returns fresh recovery codes, shown once. Raises InvalidInput.
    """
    factor = Factor.objects.select_for_update().filter(user=user, confirmed=False).first()
    if factor is None:
        raise InvalidInput("请先扫描二维码", "scan the code first", field="otp")
    if not factor.verify_token(code.replace(" ", "")):
        raise InvalidInput(
            "验证码不正确，请核对手机时间后重试",
            "the code is wrong: check the phone's time",
            field="otp",
        )
    _settle(factor)
    record(
        "masterdata.factor.enrolled", actor=user, subject=user, after={"factor": factor.reference}
    )
    return fresh_recovery_codes(user)


def _settle(factor: Factor) -> None:
    Factor.objects.filter(user=factor.user, confirmed=True).delete()
    factor.confirmed = True
    factor.save(update_fields=["confirmed"])


def fresh_recovery_codes(user: User) -> list[str]:
    """New recovery codes; the old ones are void (a step)."""
    codes = [
        "".join(secrets.choice(_LETTERS) for _ in range(_CODE_LENGTH))
        for _ in range(RECOVERY_CODES)
    ]
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create(
        [RecoveryCode(user=user, digest=_digest(user, code)) for code in codes]
    )
    return [f"{code[:5]}-{code[5:]}" for code in codes]


@transaction.atomic(durable=True)
def renew_recovery_codes(user: User) -> list[str]:
    """A person asks for new recovery codes; the old ones are void. Shown once."""
    record("masterdata.recovery_code.renewed", actor=user, subject=user)
    return fresh_recovery_codes(user)


def _digest(user: User, code: str) -> str:
    plain = "".join(letter for letter in code.upper() if letter in _LETTERS)
    return vault.ring().blind_index(f"recovery:{user.pk}:{plain}")


@transaction.atomic
def spend_recovery_code(*, user: User, code: str) -> bool:
    """Whether this recovery code was good; the conditional UPDATE spends it, so it passes once."""
    spent = RecoveryCode.objects.filter(user=user, digest=_digest(user, code), used_at=None).update(
        used_at=clock.now()
    )
    if spent:
        record("masterdata.recovery_code.used", actor=user, subject=user)
    return bool(spent)


def forget_factor(user: User) -> None:
    """Remove factor, security keys and recovery codes: the person enrols anew at the next sign-in (a step)."""
    SecurityKey.objects.filter(user=user).delete()
    Factor.objects.filter(user=user).delete()
    RecoveryCode.objects.filter(user=user).delete()


def install_factors(
    people: Iterable[User], secret_of: Mapping[str, bytes], *, replace: bool
) -> None:
    """Confirmed factors with the given secrets by username, where a person has none or all are replaced (the demo's seed)."""
    people = list(people)
    if replace:
        Factor.objects.filter(user__in=people).delete()
    known = set(Factor.objects.filter(user__in=people).values_list("user_id", flat=True))
    Factor.objects.bulk_create(
        [
            Factor(
                user=user,
                name="totp",
                confirmed=True,
                key=Factor.sealed_key(user.pk, secret_of[user.username]),
            )
            for user in people
            if user.pk not in known
        ]
    )
