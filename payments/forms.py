"""Shape and syntax of what people type about payments."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.errors import InvalidInput
from kernel.money import parse_amount
from kernel.scope import Scope
from masterdata import selectors as master
from payments.content import OrderRequest
from payments.models import PaymentOrder


class OrderForm(forms.Form):
    """A payment as a person makes it; the payee is chosen from the master data beside the form."""

    account = forms.ChoiceField(label=_("付款账户"))
    amount = forms.CharField(
        label=_("金额"),
        max_length=30,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    purpose = forms.CharField(label=_("用途"), max_length=200)
    remark = forms.CharField(label=_("附言"), max_length=200, required=False)
    wish_date = forms.DateField(
        label=_("期望付款日"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    is_urgent = forms.BooleanField(label=_("加急"), required=False)
    erp_doc_no = forms.CharField(
        label=_("来源单据号"), max_length=40, required=False, help_text=_("留空时用付款单号")
    )
    invoice_no = forms.CharField(label=_("发票号"), max_length=60, required=False)
    gl_subject = forms.CharField(label=_("科目"), max_length=15, required=False)
    cash_flow_item = forms.CharField(label=_("现金流项目"), max_length=60, required=False)

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = master.visible_accounts(scope).filter(
            company_id__in=scope.companies_with("payments.make"),
            is_active=True,
            is_direct_link=True,
        )
        self._accounts = {str(row.pk): row for row in rows}
        choices = [
            (key, f"{row.company.short_name} · {row.bank.name} · {row.number}")
            for key, row in self._accounts.items()
        ]
        self.fields["account"].choices = [("", _("请选择")), *choices]  # type: ignore[attr-defined]  # a ChoiceField
        for field in self.fields.values():
            kind = "form-check-input" if isinstance(field, forms.BooleanField) else "form-control"
            field.widget.attrs.setdefault(
                "class", "form-select" if isinstance(field, forms.ChoiceField) else kind
            )

    @classmethod
    def of(cls, order: PaymentOrder | None, *, scope: Scope) -> OrderForm:
        """An unbound form, filled from an order being edited."""
        initial: dict[str, Any] = {"wish_date": clock.today()}
        if order is not None:
            names = (
                "purpose",
                "remark",
                "wish_date",
                "is_urgent",
                "invoice_no",
                "gl_subject",
                "cash_flow_item",
            )
            initial = {name: getattr(order, name) for name in names}
            initial |= {
                "account": str(order.payer_account_id),
                "amount": f"{order.amount:.2f}",
                "erp_doc_no": order.erp_doc_no,
            }
        return cls(initial=initial, scope=scope)

    def clean_amount(self) -> Any:
        """The amount, exact."""
        try:
            return parse_amount(self.cleaned_data["amount"])
        except InvalidInput as error:
            raise forms.ValidationError(error.message) from error

    def clean_wish_date(self) -> Any:
        """Today or later."""
        day = self.cleaned_data["wish_date"]
        if day < clock.today():
            raise forms.ValidationError(_("期望付款日不能早于今天"))
        return day

    def request(self, payee: Any) -> OrderRequest:
        """What the order is drafted from; the form is valid."""
        given = self.cleaned_data
        account = self._accounts[given["account"]]
        return OrderRequest(
            company_code=account.company.code,
            payer_number=account.number,
            payee_number=payee.number,
            payee_name=payee.name,
            payee_code=payee.counterparty.code,
            payee_bank=payee.bank_name,
            payee_cnaps=payee.cnaps,
            amount=given["amount"],
            currency=account.currency,
            wish_date=given["wish_date"],
            purpose=given["purpose"],
            remark=given["remark"],
            is_urgent=given["is_urgent"],
            is_personal=payee.is_personal,
            invoice_no=given["invoice_no"],
            gl_subject=given["gl_subject"],
            cash_flow_item=given["cash_flow_item"],
            erp_doc_no=given["erp_doc_no"],
        )


class ImportForm(forms.Form):
    """A payment list to upload."""

    file = forms.FileField(
        label=_("付款清单"),
        help_text=_("支持 .xlsx 与 .csv（UTF-8、GB18030），首行为列名，最多 20,000 行。"),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv", "class": "form-control"}),
    )
