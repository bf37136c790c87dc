"""Shape of what people type on the pages of the matrix."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.scope import Scope
from masterdata import selectors as masterdata
from masterdata.classes import PayeeClass, PaymentType
from masterdata.rule_forms import AmountField


class TrialForm(forms.Form):
    """A payment that might be made."""

    company = forms.TypedChoiceField(label=_("公司"), coerce=int)
    account = forms.TypedChoiceField(
        label=_("付款账户"), coerce=int, empty_value=None, required=False
    )
    payment_type = forms.ChoiceField(label=_("付款类型"), choices=PaymentType.choices)
    payee_class = forms.ChoiceField(label=_("收款人类别"), choices=PayeeClass.choices)
    amount = AmountField(label=_("金额"), max_length=30)
    currency = forms.CharField(label=_("币种"), max_length=3, initial="CNY")
    on = forms.DateField(
        label=_("日期"),
        initial=clock.today,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, scope: Scope, **options: Any) -> None:
        super().__init__(*args, **options)
        companies = [(one.pk, str(one)) for one in masterdata.visible_companies(scope)]
        accounts = [
            (one.pk, f"{one.company.code} {one.number} {one.name}")
            for one in masterdata.visible_accounts(scope)
        ]
        self.fields["company"].choices = companies  # type: ignore[attr-defined]  # a choice field
        self.fields["account"].choices = [("", _now("不指定")), *accounts]  # type: ignore[attr-defined]
