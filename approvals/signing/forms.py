"""What people type about signing keys."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


def _secret(label: Any, *, fresh: bool = False) -> forms.CharField:
    how = "new-password" if fresh else "current-password"
    return forms.CharField(
        label=label,
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": how}),
    )


class _Twice(forms.Form):
    """A new passphrase, typed twice."""

    def clean(self) -> dict[str, Any]:
        """Both are the same."""
        values: dict[str, Any] = super().clean() or {}
        if values.get("passphrase") != values.get("again"):
            self.add_error("again", _("两次输入的签名口令不一致"))
        return values


class EnrolForm(_Twice):
    """A key for oneself."""

    passphrase = _secret(_("签名口令"), fresh=True)
    again = _secret(_("再次输入签名口令"), fresh=True)


class PassphraseForm(_Twice):
    """Another passphrase for one's key."""

    old = _secret(_("原签名口令"))
    passphrase = _secret(_("新签名口令"), fresh=True)
    again = _secret(_("再次输入新签名口令"), fresh=True)


class ConfirmForm(forms.Form):
    """Vouching for somebody's key."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    digits = forms.CharField(
        label=_("密钥指纹末 8 位"),
        max_length=8,
        min_length=8,
        help_text=_("请与本人当面或电话核对：由对方读出其「签名密钥」页面上的指纹末 8 位"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    passphrase = _secret(_("您的签名口令"))


class ReasonForm(forms.Form):
    """Why a key ends."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    why = forms.CharField(label=_("原因"), min_length=2, max_length=200)
