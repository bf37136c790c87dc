"""Shape and syntax of what people send in on the statement pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class StatementFileForm(forms.Form):
    """A statement file, the account where it names none, and a saved mapping."""

    file = forms.FileField(
        label=_("对账单文件"),
        help_text=_("camt.053（XML）、MT940、CSV 或 Excel（.xlsx），不超过 20 MB"),
    )
    account = forms.TypedChoiceField(
        label=_("账户"),
        required=False,
        coerce=int,
        empty_value=None,
        help_text=_("文件中有本方账号时可不选"),
    )
    mapping = forms.TypedChoiceField(
        label=_("列映射"),
        required=False,
        coerce=int,
        empty_value=None,
        help_text=_("只用于 CSV 与 Excel"),
    )

    def __init__(
        self,
        *args: Any,
        accounts: list[tuple[str, Any]],
        mappings: list[tuple[str, Any]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["account"].choices = [("", _("按文件中的账号")), *accounts]  # type: ignore[attr-defined]
        self.fields["mapping"].choices = [("", _("自动识别")), *mappings]  # type: ignore[attr-defined]
