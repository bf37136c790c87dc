"""Shape and syntax of what people type; what it means is judged by the services."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.scope import Scope
from masterdata import selectors
from masterdata.duties import DELEGABLE, SYSTEM_RIGHTS
from masterdata.models import ApiKey, Bank, CallBack, Company, Counterparty, Membership, OwnAccount
from masterdata.right_words import RIGHT_NAMES
from masterdata.roles import ROLE_NAMES, Role


class RowForm(forms.Form):
    """A form over one row: the version the person saw travels with it."""

    version = forms.IntegerField(widget=forms.HiddenInput, initial=0, required=False)


class CompanyForm(RowForm):
    """A company of the tree."""

    code = forms.CharField(label=_("公司代码"), max_length=20)
    name = forms.CharField(label=_("公司名称"), max_length=120)
    short_name = forms.CharField(label=_("简称"), max_length=40)
    uscc = forms.CharField(label=_("统一社会信用代码"), max_length=30, required=False)
    parent = forms.TypedChoiceField(
        label=_("上级公司"), coerce=int, empty_value=None, required=False
    )
    currency = forms.CharField(label=_("本位币"), max_length=3, initial="CNY")
    is_active = forms.BooleanField(label=_("启用"), required=False, initial=True)

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["parent"].choices = [("", "—"), *company_choices(scope)]  # type: ignore[attr-defined]  # a choice field


def company_choices(scope: Scope) -> list[tuple[int, str]]:
    """Companies the viewer serves, for a select."""
    return [(company.pk, str(company)) for company in selectors.visible_companies(scope)]


class AccountForm(RowForm):
    """An own bank account."""

    company = forms.TypedChoiceField(label=_("公司"), coerce=int)
    number = forms.CharField(label=_("账号"), max_length=60)
    name = forms.CharField(label=_("户名"), max_length=120)
    cnaps = forms.CharField(label=_("联行号"), max_length=20)
    branch_name = forms.CharField(label=_("开户行"), max_length=120)
    branch_code = forms.CharField(
        label=_("银行机构号"),
        max_length=20,
        required=False,
        help_text=_("该银行自己的机构号，中国银行为 5 位省行联行号"),
    )
    kind = forms.ChoiceField(
        label=_("账户性质"), choices=OwnAccount.Kind.choices, initial=OwnAccount.Kind.GENERAL
    )
    currency = forms.CharField(label=_("币种"), max_length=3, initial="CNY")
    gl_subject = forms.CharField(label=_("会计科目"), max_length=15, help_text=_("如 1002.01"))
    connection = forms.TypedChoiceField(
        label=_("银行通道"), coerce=int, empty_value=None, required=False
    )
    is_active = forms.BooleanField(label=_("启用"), required=False, initial=True)

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ways = [(row.pk, row.name) for row in selectors.visible_connections(scope)]
        self.fields["company"].choices = company_choices(scope)  # type: ignore[attr-defined]  # a choice field
        self.fields["connection"].choices = [("", "—"), *ways]  # type: ignore[attr-defined]  # a choice field


class CounterpartyForm(RowForm):
    """A trading partner."""

    code = forms.CharField(label=_("编码"), max_length=30)
    name = forms.CharField(label=_("名称"), max_length=120)
    kind = forms.ChoiceField(label=_("类别"), choices=Counterparty.Kind.choices)
    uscc = forms.CharField(label=_("统一社会信用代码"), max_length=30, required=False)
    is_active = forms.BooleanField(label=_("启用"), required=False, initial=True)


class PayeeForm(RowForm):
    """A bank account of a trading partner; the number is typed twice at first capture."""

    name = forms.CharField(label=_("户名"), max_length=120)
    number = forms.CharField(label=_("账号"), max_length=60)
    number_again = forms.CharField(label=_("再次输入账号"), max_length=60)
    bank_name = forms.CharField(label=_("开户行"), max_length=120)
    cnaps = forms.CharField(label=_("联行号"), max_length=20)
    is_personal = forms.BooleanField(label=_("对私账户"), required=False)

    def clean(self) -> dict[str, Any]:
        """Both entries of the number must agree."""
        values = super().clean() or {}
        if values.get("number", "").split() != values.get("number_again", "").split():
            self.add_error("number_again", _("两次输入的账号不一致"))
        return values


class PayeeEditForm(RowForm):
    """New particulars of a confirmed payee account; its number stays."""

    name = forms.CharField(label=_("户名"), max_length=120)
    bank_name = forms.CharField(label=_("开户行"), max_length=120)
    cnaps = forms.CharField(label=_("联行号"), max_length=20)
    is_personal = forms.BooleanField(label=_("对私账户"), required=False)


class CallForm(RowForm):
    """A call to a payee about its account."""

    person_called = forms.CharField(label=_("接听人"), max_length=60, help_text=_("姓名与职务"))
    telephone = forms.CharField(label=_("拨打的电话"), max_length=40, required=False)
    source = forms.ChoiceField(
        label=_("电话号码来源"),
        choices=CallBack.Source.choices,
        help_text=_("不得使用变更通知上留的号码。"),
    )
    called_at = forms.DateTimeField(
        label=_("核实时间"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    answer = forms.ChoiceField(label=_("核实结果"), choices=CallBack.Answer.choices)
    note = forms.CharField(label=_("说明"), max_length=300, required=False)


class ConnectionForm(RowForm):
    """A bank connection without its credentials."""

    name = forms.CharField(label=_("通道名称"), max_length=60)
    bank_slug = forms.ChoiceField(label=_("银行"))
    endpoint = forms.CharField(label=_("前置机地址"), max_length=200)
    other_endpoints = forms.JSONField(
        label=_("其他地址"),
        widget=forms.Textarea(attrs={"rows": 2}),
        required=False,
        help_text=_("如签名服务端口，按角色填写"),
    )
    parameters = forms.JSONField(
        label=_("接口参数"), widget=forms.Textarea(attrs={"rows": 6}), required=False
    )
    final_failures = forms.CharField(
        label=_("确定失败的返回码"), max_length=400, required=False, help_text=_("用逗号分隔")
    )
    not_found_codes = forms.CharField(
        label=_("查无此笔的返回码"), max_length=400, required=False, help_text=_("用逗号分隔")
    )
    connect_timeout_s = forms.IntegerField(
        label=_("连接超时（秒）"), min_value=1, max_value=120, initial=10
    )
    read_timeout_s = forms.IntegerField(
        label=_("读取超时（秒）"), min_value=5, max_value=600, initial=120
    )
    parallel_max = forms.IntegerField(label=_("最大并发"), min_value=1, max_value=32, initial=4)
    is_active = forms.BooleanField(label=_("启用"), required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        banks = Bank.objects.exclude(slug="").values_list("slug", "name")
        self.fields["bank_slug"].choices = list(banks)  # type: ignore[attr-defined]  # a choice field


class CredentialForm(RowForm):
    """One credential; what is stored is never shown."""

    credential = forms.CharField(label=_("凭据名称"), max_length=40, help_text=_("如 oprpwd"))
    value = forms.CharField(
        label=_("新值"),
        max_length=400,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class PersonEditForm(forms.Form):
    """The person behind an account."""

    display_name = forms.CharField(label=_("姓名"), max_length=40)
    person_key = forms.CharField(
        label=_("人员编号"),
        max_length=40,
        help_text=_("自然人唯一编号，如工号；同一人的所有账号须填同一编号"),
    )


class PersonForm(PersonEditForm):
    """A new account."""

    username = forms.CharField(label=_("用户名"), max_length=30, help_text=_("小写字母与数字"))

    field_order = ("username", "display_name", "person_key")


class DutyForm(forms.Form):
    """A duty in a company and those below it."""

    role = forms.ChoiceField(label=_("职责"), choices=[(r.value, n) for r, n in ROLE_NAMES.items()])
    company = forms.TypedChoiceField(label=_("公司（含下级）"), coerce=int)

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = scope.companies_with("people.edit")
        rows = [(c.pk, str(c)) for c in selectors.visible_companies(scope) if c.pk in mine]
        self.fields["company"].choices = rows  # type: ignore[attr-defined]  # a choice field


class ClientGrantForm(forms.Form):
    """What a calling system may do, where, and for whom."""

    companies = forms.TypedMultipleChoiceField(
        label=_("公司（含下级）"), coerce=int, widget=forms.CheckboxSelectMultiple
    )
    rights = forms.MultipleChoiceField(
        label=_("权限"),
        choices=[one for one in RIGHT_NAMES.items() if one[0] in SYSTEM_RIGHTS],
        widget=forms.CheckboxSelectMultiple,
    )
    acts_for = forms.CharField(
        label=_("代表的用户名"), max_length=30, help_text=_("该系统提交的付款视为此人制单")
    )

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = scope.companies_with("people.edit")
        rows = [(c.pk, str(c)) for c in selectors.visible_companies(scope) if c.pk in mine]
        self.fields["companies"].choices = rows  # type: ignore[attr-defined]  # a choice field


class ClientKeyForm(forms.Form):
    """How a calling system signs."""

    scheme = forms.ChoiceField(label=_("签名方式"), choices=ApiKey.Scheme.choices)
    point = forms.CharField(
        label=_("SM2 公钥"),
        max_length=130,
        required=False,
        help_text=_("仅 SM2：128 位十六进制（x‖y），私钥由对方保管"),
    )


class ClientForm(ClientKeyForm, ClientGrantForm):
    """A calling system with its first key."""

    name = forms.CharField(label=_("名称"), max_length=60)
    source_system = forms.CharField(
        label=_("来源系统"), max_length=30, help_text=_("单据键的一部分，如 u8，之后不可更改")
    )

    field_order = ("name", "source_system", "companies", "rights", "acts_for", "scheme", "point")


class DelegationForm(forms.Form):
    """One of one's own duties, lent for some days."""

    duty = forms.ChoiceField(label=_("职责"))
    receiver = forms.CharField(label=_("代理人用户名"), max_length=30)
    valid_from = forms.DateField(
        label=_("起始日"), widget=forms.DateInput(attrs={"type": "date"}), initial=clock.today
    )
    valid_to = forms.DateField(
        label=_("截止日（含）"), widget=forms.DateInput(attrs={"type": "date"})
    )
    why = forms.CharField(label=_("原因"), max_length=200, required=False)

    def __init__(self, *args: Any, duties: Sequence[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lendable = [one for one in duties if Role(one.role) in DELEGABLE]
        rows = [
            (f"{one.role}:{one.company_id}", f"{one.get_role_display()} · {one.company}")
            for one in lendable
        ]
        self.fields["duty"].choices = rows  # type: ignore[attr-defined]  # a choice field


class UploadForm(forms.Form):
    """A file of rows."""

    file = forms.FileField(
        label=_("文件（.xlsx 或 .csv）"),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv", "class": "form-control"}),
    )


def company_initial(company: Company) -> dict[str, Any]:
    """What the form shows of an existing company."""
    return {
        "version": company.version,
        "code": company.code,
        "name": company.name,
        "short_name": company.short_name,
        "uscc": company.uscc,
        "parent": company.parent_id,
        "currency": company.currency,
        "is_active": company.is_active,
    }
