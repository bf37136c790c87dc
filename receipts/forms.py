"""Shape and syntax of what people type about receipts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.errors import InvalidInput
from kernel.money import parse_amount
from kernel.scope import Scope
from masterdata import people_selectors
from masterdata import selectors as master
from receipts import office_selectors
from receipts.models import ArrivalNotice, CollectionSchedule, Supplement
from receipts.rules import ZERO
from receipts.services.offices import PROPOSE, OfficeDraft
from receipts.services.schedules import ScheduleDraft
from receipts.services.supplementing import Line, Said

if TYPE_CHECKING:
    from masterdata.models import OwnAccount


def _day_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _dress(form: forms.Form) -> None:
    for field in form.fields.values():
        if isinstance(field, forms.BooleanField):
            continue
        is_choice = isinstance(field, forms.ChoiceField)
        field.widget.attrs.setdefault("class", "form-select" if is_choice else "form-control")


def _amount(text: str) -> Decimal:
    try:
        return parse_amount(text)
    except InvalidInput as error:
        raise forms.ValidationError(error.message) from error


class SupplementForm(forms.Form):
    """What the money is, as a whole."""

    kind = forms.ChoiceField(label=_("款项性质"), choices=Supplement.Kind.choices)
    nature = forms.ChoiceField(
        label=_("非业务类别"),
        choices=[
            ("", "—"),
            *[
                one
                for one in ArrivalNotice.Nature.choices
                if one[0] != ArrivalNotice.Nature.BUSINESS
            ],
        ],
        required=False,
    )
    note = forms.CharField(label=_("备注"), max_length=200, required=False)
    why = forms.CharField(
        label=_("修改原因"), max_length=200, required=False, help_text=_("修改或澄清时必填")
    )
    is_not_return = forms.BooleanField(label=_("确认不是我方付款的退回"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self)


class LineForm(forms.Form):
    """One part of the credit; a row left empty is none."""

    customer_code = forms.CharField(label=_("客户编码"), max_length=30, required=False)
    contract_no = forms.CharField(label=_("合同号"), max_length=40, required=False)
    invoice_no = forms.CharField(label=_("发票号"), max_length=60, required=False)
    subject = forms.CharField(label=_("科目"), max_length=15, required=False)
    cash_flow_item = forms.CharField(label=_("现金流量项目"), max_length=60, required=False)
    amount = forms.CharField(label=_("金额"), max_length=30, required=False)
    fee = forms.CharField(label=_("手续费"), max_length=30, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self)
        self.fields["customer_code"].widget.attrs["list"] = "customers"
        for name, field in self.fields.items():
            field.widget.attrs["aria-label"] = str(field.label)
            field.widget.attrs["autocomplete"] = "off"
            if name in ("amount", "fee"):
                field.widget.attrs |= {"inputmode": "decimal", "class": "form-control number"}

    def clean_amount(self) -> Decimal | None:
        """Exact, or nothing."""
        text = self.cleaned_data["amount"].strip()
        return _amount(text) if text else None

    def clean_fee(self) -> Decimal:
        """Exact; nothing is zero."""
        text = self.cleaned_data["fee"].strip()
        return _amount(text) if text and text.strip("0.") else ZERO

    @property
    def is_blank(self) -> bool:
        """Whether nothing that counts was typed."""
        given = self.cleaned_data
        return given.get("amount") is None and not (
            given.get("customer_code") or given.get("invoice_no")
        )


LineForms = forms.formset_factory(LineForm, extra=0, max_num=50, absolute_max=60)


def said_of(form: SupplementForm, lines: Sequence[LineForm]) -> Said:
    """The supplement the valid forms say."""
    given = form.cleaned_data
    is_other = given["kind"] == Supplement.Kind.NON_BUSINESS
    return Said(
        kind=given["kind"],
        nature=given["nature"] if is_other else ArrivalNotice.Nature.BUSINESS,
        lines=[] if is_other else [_line(one) for one in lines if not one.is_blank],
        note=given["note"],
        why=given["why"],
        is_not_return=given["is_not_return"],
    )


def _line(form: LineForm) -> Line:
    given = form.cleaned_data
    return Line(
        amount=given["amount"] if given["amount"] is not None else ZERO,
        subject=given["subject"],
        customer_code=given["customer_code"],
        contract_no=given["contract_no"],
        invoice_no=given["invoice_no"],
        cash_flow_item=given["cash_flow_item"],
        fee=given["fee"],
    )


def _account_choices(rows: Iterable[OwnAccount]) -> list[tuple[str, str]]:
    return [
        (str(one.pk), f"{one.company.short_name} · {one.bank.name} · {one.number}") for one in rows
    ]


class OfficeForm(forms.Form):
    """A sales office as a person of head office writes it."""

    company = forms.ChoiceField(label=_("公司"))
    code = forms.CharField(label=_("办事处编码"), max_length=20)
    name = forms.CharField(label=_("办事处名称"), max_length=60)
    account = forms.ChoiceField(label=_("收款账户"), required=False)
    card_number = forms.CharField(label=_("备用金银行卡号"), max_length=40, required=False)
    card_holder = forms.CharField(label=_("持卡人"), max_length=60, required=False)
    partner_code = forms.CharField(label=_("往来单位编码"), max_length=30, required=False)
    customers = forms.CharField(
        label=_("负责的客户"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("客户编码，以空格或逗号分隔"),
    )
    people = forms.MultipleChoiceField(
        label=_("办事处人员"),
        required=False,
        help_text=_("到款首先通知这些人；按住 Ctrl 可选多人"),
        widget=forms.SelectMultiple(attrs={"size": 6, "class": "tall"}),
    )
    is_active = forms.BooleanField(label=_("启用"), required=False, initial=True)

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        allowed = scope.companies_with(PROPOSE)
        companies = [one for one in master.visible_companies(scope) if one.pk in allowed]
        own = master.visible_accounts(scope).filter(company_id__in=allowed, is_active=True)
        ids = {
            user
            for company in companies
            for user in people_selectors.people_with("receipts.supplement", company.pk)
        }
        names = people_selectors.names_of(ids)
        choices: dict[str, list[tuple[str, str]]] = {
            "company": [(str(one.pk), str(one)) for one in companies],
            "account": [("", "—"), *_account_choices(own)],
            "people": [
                (str(pk), name) for pk, name in sorted(names.items(), key=lambda one: one[1])
            ],
        }
        for name, some in choices.items():
            self.fields[name].choices = some  # type: ignore[attr-defined]  # a ChoiceField
        _dress(self)

    def draft(self, office_id: int | None) -> OfficeDraft:
        """What is proposed; the form is valid."""
        given = self.cleaned_data
        return OfficeDraft(
            company_id=int(given["company"]),
            code=given["code"],
            name=given["name"],
            account_id=int(given["account"]) if given["account"] else None,
            card_number=given["card_number"],
            card_holder=given["card_holder"],
            partner_code=given["partner_code"],
            customer_codes=given["customers"].replace(",", " ").replace("，", " ").split(),
            people=[int(one) for one in given["people"]],
            is_active=given["is_active"],
            office_id=office_id,
        )


class ScheduleForm(forms.Form):
    """A collection schedule as a person of head office writes it."""

    office = forms.ChoiceField(label=_("办事处"))
    title = forms.CharField(label=_("计划名称"), max_length=60)
    times = forms.CharField(
        label=_("执行时刻"), max_length=400, help_text=_("如 09:30 14:00 16:45，以空格或逗号分隔")
    )
    days = forms.ChoiceField(label=_("执行日"), choices=CollectionSchedule.Days.choices)
    rule = forms.ChoiceField(label=_("执行内容"), choices=CollectionSchedule.Rule.choices)
    target = forms.ChoiceField(label=_("归集到账户"), required=False)
    maker = forms.ChoiceField(
        label=_("上划制单人"),
        required=False,
        help_text=_("上划单以此人名义起草，由其核对后提交复核"),
    )
    keep = forms.CharField(label=_("留存余额"), max_length=30, required=False)
    at_least = forms.CharField(label=_("起划金额"), max_length=30, required=False)
    most = forms.CharField(label=_("每次上限"), max_length=30, required=False)
    most_a_day = forms.CharField(label=_("每日上限"), max_length=30, required=False)
    valid_from = forms.DateField(label=_("开始日期"), widget=_day_input())
    valid_to = forms.DateField(label=_("截止日期"), required=False, widget=_day_input())
    is_active = forms.BooleanField(label=_("启用"), required=False, initial=True)

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        kwargs.setdefault(
            "initial",
            {"valid_from": clock.today(), "days": "working", "rule": "fetch", "is_active": True},
        )
        super().__init__(*args, **kwargs)
        allowed = scope.companies_with(PROPOSE)
        rows = [
            one
            for one in office_selectors.visible_offices(scope)
            if one.company_id in allowed and one.account_id is not None
        ]
        own = master.visible_accounts(scope).filter(is_active=True)
        makers = {
            user
            for company_id in {one.company_id for one in rows}
            for user in people_selectors.people_with("payments.make", company_id)
        }
        names = people_selectors.names_of(makers)
        choices: dict[str, list[tuple[str, str]]] = {
            "office": [(str(one.pk), str(one)) for one in rows],
            "target": [("", "—"), *_account_choices(own)],
            "maker": [("", "—"), *[(str(pk), name) for pk, name in sorted(names.items())]],
        }
        for name, some in choices.items():
            self.fields[name].choices = some  # type: ignore[attr-defined]  # a ChoiceField
        _dress(self)

    def clean(self) -> dict[str, Any]:
        """Amounts, exact; empty ones are none."""
        values = super().clean() or {}
        for name in ("keep", "at_least", "most", "most_a_day"):
            text = str(values.get(name) or "").strip()
            try:
                values[name] = _amount(text) if text.strip("0.") else None
            except forms.ValidationError as error:
                self.add_error(name, error)
        return values

    def clean_times(self) -> list[time]:
        """Times of day."""
        found = []
        for word in self.cleaned_data["times"].replace(",", " ").replace("，", " ").split():
            try:
                found.append(time.fromisoformat(word.replace("：", ":")))
            except ValueError:
                raise forms.ValidationError(
                    _("「%(word)s」不是时刻，应如 09:30") % {"word": word}
                ) from None
        return found

    def draft(self, schedule_id: int | None) -> ScheduleDraft:
        """What is proposed; the form is valid."""
        given = self.cleaned_data
        return ScheduleDraft(
            office_id=int(given["office"]),
            title=given["title"],
            times=given["times"],
            days=given["days"],
            valid_from=given["valid_from"],
            valid_to=given["valid_to"],
            rule=given["rule"],
            target_id=int(given["target"]) if given["target"] else None,
            maker_id=int(given["maker"]) if given["maker"] else None,
            keep=given["keep"] or ZERO,
            at_least=given["at_least"] or ZERO,
            most=given["most"],
            most_a_day=given["most_a_day"],
            is_active=given["is_active"],
            schedule_id=schedule_id,
        )


class RefundForm(forms.Form):
    """How much of a receipt goes back, and why."""

    payee = forms.ChoiceField(label=_("退回账户"))
    amount = forms.CharField(label=_("退款金额"), max_length=30)
    why = forms.CharField(label=_("退款原因"), max_length=200)

    def __init__(self, *args: Any, choices: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["payee"].choices = list(choices)  # type: ignore[attr-defined]  # a ChoiceField
        _dress(self)

    def clean_amount(self) -> Decimal:
        """Exact."""
        return _amount(self.cleaned_data["amount"])
