"""What a password may not be, beyond Django's own rules: one of the last few, or mostly a well-known run."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from kernel import clock

if TYPE_CHECKING:
    from masterdata.models import User

# Pieces that lists of stolen passwords are full of; what is left of a password without them has to stand alone.
_RUNS = (
    "password", "passw0rd", "qwertyuiop", "qwerty", "asdfghjkl", "asdf", "zxcvbnm", "zxcv", "1qaz2wsx", "1qaz", "2wsx",
    "iloveyou", "woaini", "5201314", "1314520", "520520", "1314", "5201", "admin", "root", "welcome", "letmein",
    "yqlink", "yinqi", "zijin", "caiwu", "bank", "abc", "aaa", "test",
)  # fmt: skip
_DIGITS = "01234567890123456789"
_REST_MIN = 6


def _is_run(piece: str) -> bool:
    return piece in _DIGITS or piece in _DIGITS[::-1] or len(set(piece)) == 1


def what_is_left(password: str) -> str:
    """The password without well-known pieces, rising or falling digits and repeated letters."""
    rest = password.lower()
    for run in _RUNS:
        rest = rest.replace(run, "")
    kept, at = [], 0
    while at < len(rest):
        length = next((n for n in range(len(rest) - at, 2, -1) if _is_run(rest[at : at + n])), 0)
        if not length:
            kept.append(rest[at])
        at += length or 1
    return "".join(kept)


class WellKnownRunValidator:
    """Refuses passwords that are little more than well-known pieces."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise ValidationError unless enough is left."""
        if len(set(what_is_left(password))) < _REST_MIN:
            raise ValidationError(
                _("密码由常见词、连续数字或重复字符组成，容易被猜到"), code="password_well_known"
            )

    def get_help_text(self) -> str:
        """What the form says."""
        return _("不要用常见词、连续数字或重复字符拼成密码。")


class NotRecentValidator:
    """Refuses the last few passwords of the person."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise ValidationError for the present one and the kept ones."""
        if user is None or user.pk is None:
            return
        kept = user.old_passwords.values_list("password", flat=True)[: settings.PASSWORD_HISTORY]
        if any(check_password(password, one) for one in [user.password, *kept] if one):
            raise ValidationError(
                _("不能使用最近 %(count)s 次用过的密码") % {"count": settings.PASSWORD_HISTORY},
                code="password_recent",
            )

    def get_help_text(self) -> str:
        """What the form says."""
        return _("不能与最近用过的密码相同。")


def must_change(user: User) -> bool:
    """Whether the person may do nothing but set a new password: it is another's, or too old."""
    if user.must_change_password:
        return True
    days = settings.PASSWORD_DAYS
    return bool(days) and clock.now() - user.password_set_at > timedelta(days=days)
