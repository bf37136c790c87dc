"""Shape and syntax of what people type about payments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.errors import InvalidInput
from kernel.money import parse_amount
from kernel.scope import Scope
from masterdata import selectors as master
from payments.content import LinkedRequest, OrderRequest, Proof
from payments.models import Adjudication, OutsidePayment, PaymentOrder


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


class TypedForm(OrderForm):
    """A payment to a payee the master data lacks: an exception, its account typed twice."""

    payee_name = forms.CharField(label=_("收款户名"), max_length=120)
    payee_number = forms.CharField(label=_("收款账号"), max_length=60)
    payee_number_again = forms.CharField(label=_("再次输入账号"), max_length=60)
    payee_bank = forms.CharField(label=_("开户行"), max_length=120)
    payee_cnaps = forms.CharField(label=_("联行号"), max_length=20)
    is_personal = forms.BooleanField(label=_("对私账户"), required=False)

    def clean(self) -> dict[str, Any]:
        """Both entries of the number must agree."""
        values = super().clean() or {}
        if values.get("payee_number", "").split() != values.get("payee_number_again", "").split():
            self.add_error("payee_number_again", _("两次输入的账号不一致"))
        return values

    def typed(self) -> OrderRequest:
        """What the order is drafted from; the form is valid."""
        given = self.cleaned_data
        account = self._accounts[given["account"]]
        names = (
            *("purpose", "remark", "wish_date", "is_urgent", "invoice_no", "gl_subject"),
            *("cash_flow_item", "erp_doc_no", "amount", "payee_name", "payee_number"),
            *("payee_bank", "payee_cnaps", "is_personal"),
        )
        return OrderRequest(
            company_code=account.company.code,
            payer_number=account.number,
            currency=account.currency,
            is_free_payee=True,
            **{name: given[name] for name in names},
        )


class ScheduleForm(forms.Form):
    """Recurring payments to one payee."""

    title = forms.CharField(label=_("计划名称"), max_length=80, help_text=_("如 2026 年厂房租金"))
    account = forms.ChoiceField(label=_("付款账户"))
    amount = forms.CharField(label=_("每次金额"), max_length=30)
    purpose = forms.CharField(label=_("用途"), max_length=200)
    dates = forms.CharField(
        label=_("付款日期"),
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("每行一个日期，如 2026-12-01"),
    )

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = master.visible_accounts(scope).filter(
            company_id__in=scope.companies_with("payments.make"), is_active=True
        )
        choices = [(row.pk, f"{row.company.short_name} · {row.number}") for row in rows]
        self.fields["account"].choices = [("", _("请选择")), *choices]  # type: ignore[attr-defined]  # a ChoiceField
        for field in self.fields.values():
            kind = "form-select" if isinstance(field, forms.ChoiceField) else "form-control"
            field.widget.attrs.setdefault("class", kind)

    def clean_amount(self) -> Decimal:
        """The amount, exact."""
        try:
            return parse_amount(self.cleaned_data["amount"])
        except InvalidInput as error:
            raise forms.ValidationError(error.message) from error

    def clean_dates(self) -> list[date]:
        """The days, one a line."""
        found = []
        for line in self.cleaned_data["dates"].split():
            try:
                found.append(date.fromisoformat(line))
            except ValueError:
                raise forms.ValidationError(
                    _("「%(line)s」不是日期，应为例如 2026-12-01") % {"line": line}
                ) from None
        return found


class LinkedForm(OrderForm):
    """A payment that is fed from another account of the group first, and may send its rest back after."""

    master = forms.ChoiceField(label=_("下拨账户"), help_text=_("资金由此账户下拨到付款账户"))
    fund = forms.CharField(
        label=_("下拨金额"), max_length=30, help_text=_("留空时等于付款金额"), required=False
    )
    sweep = forms.CharField(
        label=_("付款后上划金额"), max_length=30, help_text=_("留空时不上划"), required=False
    )

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        super().__init__(*args, scope=scope, **kwargs)
        self.fields["master"].choices = self.fields["account"].choices  # type: ignore[attr-defined]  # ChoiceFields

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        """What an empty form begins with."""
        return {"wish_date": clock.today()}

    def _amount(self, name: str) -> Decimal | None:
        text = self.cleaned_data.get(name, "").strip()
        if not text:
            return None
        try:
            return parse_amount(text)
        except InvalidInput as error:
            raise forms.ValidationError(error.message) from error

    def clean_fund(self) -> Decimal | None:
        """The amount, exact, or None."""
        return self._amount("fund")

    def clean_sweep(self) -> Decimal | None:
        """The amount, exact, or None."""
        return self._amount("sweep")

    def linked(self, payee: Any) -> LinkedRequest:
        """What the linked payment is made from; the form is valid."""
        payment = self.request(payee)
        return LinkedRequest(
            payment=payment,
            master_number=self._accounts[self.cleaned_data["master"]].number,
            fund=self.cleaned_data["fund"] or payment.amount,
            sweep=self.cleaned_data["sweep"] or Decimal("0.00"),
        )


class ImportForm(forms.Form):
    """A payment list to upload."""

    file = forms.FileField(
        label=_("付款清单"),
        help_text=_("支持 .xlsx 与 .csv（UTF-8、GB18030），首行为列名，最多 20,000 行。"),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv", "class": "form-control"}),
    )


class OutsideForm(forms.Form):
    """A payment made outside the platform, with its proof."""

    channel = forms.ChoiceField(label=_("付款渠道"), choices=OutsidePayment.Channel.choices)
    paid_on = forms.DateField(
        label=_("付款日期"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    bank_serial = forms.CharField(label=_("银行流水号"), max_length=60, required=False)
    reason = forms.CharField(label=_("在平台外支付的原因"), max_length=300)
    evidence = forms.FileField(label=_("银行回单或凭证"), help_text=_("最大 10 MB；加密保存。"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            kind = "form-select" if isinstance(field, forms.ChoiceField) else "form-control"
            field.widget.attrs.setdefault("class", kind)

    def proof(self) -> Proof:
        """What the record is made from; the form is valid."""
        given = self.cleaned_data
        return Proof(
            channel=given["channel"],
            paid_on=given["paid_on"],
            bank_serial=given["bank_serial"],
            reason=given["reason"],
            evidence_name=given["evidence"].name,
            evidence_file=given["evidence"].read(),
        )


class AdjudicationForm(forms.Form):
    """How an uncertain payment ended, and on what grounds."""

    verdict = forms.ChoiceField(label=_("裁定"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("理由"), max_length=300, widget=forms.Textarea(attrs={"rows": 3})
    )
    branch_call = forms.CharField(
        label=_("与开户行的电话核实"),
        max_length=300,
        required=False,
        help_text=_("何时、致电哪家支行哪位人员、对方怎么说；认定失败时必填。"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    file = forms.FileField(
        label=_("证据文件"),
        required=False,
        help_text=_(
            "银行书面回复、网银截图等：pdf、ofd、jpg、png、zip，不超过 10 MB；认定失败时必附。"
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".pdf,.ofd,.jpg,.jpeg,.png,.zip"}),
    )

    def __init__(self, *args: Any, verdicts: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = dict(Adjudication.Verdict.choices)
        self.fields["verdict"].choices = [(one, words[one]) for one in verdicts]  # type: ignore[attr-defined]  # a ChoiceField
