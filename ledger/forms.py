"""Shape and syntax of what people enter on the book pages."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from desk.mappings import read_signed
from ledger.rules import CREDIT, DEBIT, EVENTS, VOUCHER_TYPES

LINES = 8  # of a template


class ReasonForm(forms.Form):
    """A version and a reason."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    why = forms.CharField(label=_("原因"), min_length=2, max_length=200)


class ReversalForm(ReasonForm):
    """The day of the red voucher, and why."""

    day = forms.DateField(label=_("红字凭证日期"), widget=forms.DateInput(attrs={"type": "date"}))


class OpeningForm(forms.Form):
    """The book balance an account's journal is kept from."""

    day = forms.DateField(
        label=_("启用日期"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("余额为该日开始时的账面余额"),
    )
    balance = forms.CharField(
        label=_("期初余额"), max_length=30, help_text=_("可为负数，例如 -1,234.56")
    )
    source_note = forms.CharField(label=_("依据"), min_length=2, max_length=200)

    def clean_balance(self) -> Decimal:
        """An amount, possibly negative."""
        try:
            value = read_signed(self.cleaned_data["balance"])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None
        return Decimal("0.00") if value is None else value


class TemplateForm(forms.Form):
    """What a version of a template is about; its lines are LineForms."""

    event = forms.ChoiceField(label=_("业务"), choices=[])
    company = forms.ChoiceField(label=_("公司"), required=False, choices=[])
    subject = forms.CharField(
        label=_("账户科目"),
        required=False,
        max_length=15,
        help_text=_("只对此科目开头的账户生效；留空为全部"),
    )
    name = forms.CharField(label=_("名称"), min_length=2, max_length=60)
    voucher_type = forms.ChoiceField(label=_("凭证字"), choices=[(t, t) for t in VOUCHER_TYPES])
    description = forms.CharField(label=_("摘要"), required=False, max_length=200)
    valid_from = forms.DateField(
        label=_("生效日期"), widget=forms.DateInput(attrs={"type": "date"})
    )
    source_note = forms.CharField(label=_("依据"), min_length=2, max_length=120)

    def __init__(self, *args: Any, companies: list[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["event"].choices = [(name, kind.title) for name, kind in EVENTS.items()]  # type: ignore[attr-defined]
        self.fields["company"].choices = [("", _("全集团")), *companies]  # type: ignore[attr-defined]


class LineForm(forms.Form):
    """One line of a template; without a side it is left out."""

    side = forms.ChoiceField(
        label=_("方向"), required=False, choices=[("", "—"), (DEBIT, _("借")), (CREDIT, _("贷"))]
    )
    subject = forms.CharField(label=_("科目"), required=False, max_length=60)
    figure = forms.CharField(label=_("金额项"), required=False, max_length=40)
    description = forms.CharField(label=_("摘要"), required=False, max_length=200)
    supplier = forms.CharField(label=_("供应商"), required=False, max_length=60)
    customer = forms.CharField(label=_("客户"), required=False, max_length=60)
    cash_flow_item = forms.CharField(label=_("现金流量项目"), required=False, max_length=60)
    is_bank = forms.BooleanField(label=_("银行账户行"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            kind = {"side": "form-select", "is_bank": "form-check-input"}.get(name, "form-control")
            field.widget.attrs["class"] = kind

    def clean(self) -> dict[str, Any]:
        """A line that says anything names its side and subject."""
        said = {k: v for k, v in self.cleaned_data.items() if v}
        if said and not {"side", "subject"} <= set(said):
            raise forms.ValidationError(_("请填写方向和科目，或清空整行"))
        return self.cleaned_data


LineFormSet = forms.formset_factory(LineForm, extra=0, max_num=LINES, absolute_max=LINES)


class PackForm(forms.Form):
    """Whose books, and which months of one year."""

    company = forms.TypedChoiceField(label=_("公司"), coerce=int)
    first = forms.CharField(
        label=_("起始月份"), max_length=7, widget=forms.TextInput(attrs={"type": "month"})
    )
    last = forms.CharField(
        label=_("截止月份"), max_length=7, widget=forms.TextInput(attrs={"type": "month"})
    )

    def __init__(self, *args: Any, companies: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["company"].choices = list(companies)  # type: ignore[attr-defined]  # a choice field
