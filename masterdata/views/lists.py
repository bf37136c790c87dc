"""The list pages of master data."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

from desk.filters import ChoiceFilter, CompanyFilter
from desk.pages import BulkAction, ListPage, render_list
from desk.rows import Column, Row
from desk.viewing import scope_in
from kernel.scope import Scope
from masterdata import checks, people_selectors, selectors
from masterdata.forms import company_choices
from masterdata.models import Counterparty, OwnAccount, StagedChange
from masterdata.states import PayeeState
from masterdata.views.common import SearchFilter

YES_NO = [("1", _("是")), ("0", _("否"))]
PAYEE_WORDS = [
    (PayeeState.STAGED.value, _("待确认")),
    (PayeeState.CONFIRMED.value, _("已确认")),
    (PayeeState.REJECTED.value, _("已拒绝")),
    (PayeeState.CLOSED.value, _("已停用")),
]


def _active(row: Row) -> str:
    return str(_("启用") if row["is_active"] else _("停用"))


class CompaniesPage(ListPage):
    """Companies of the tree."""

    key = "masterdata.companies"
    title = _("公司")
    order = "code"
    columns = [
        Column("code", _("公司代码"), kind="code", sort="code", is_key=True),
        Column("name", _("公司名称"), note="short_name"),
        Column("uscc", _("统一社会信用代码"), kind="code"),
        Column("parent__short_name", _("上级公司")),
        Column("currency", _("本位币"), kind="code"),
        Column("status", _("状态"), value=_active, needs=("is_active",)),
    ]
    filters = [
        SearchFilter("q", _("代码 / 名称 / 拼音"), columns=("code", "name", "pinyin", "uscc"))
    ]

    def base(self, scope: Scope) -> QuerySet[Any]:
        """Companies the viewer serves."""
        return selectors.visible_companies(scope)

    def row_url(self, row: Row) -> str:
        """The company's page."""
        return reverse("masterdata:company", args=[row["pk"]])


def _switches(row: Row) -> str:
    words = [_("直联")] if row["is_direct_link"] else []
    words += [_("已冻结")] if row["is_frozen"] else []
    words += [] if row["is_active"] else [_("停用")]
    return "、".join(map(str, words)) or "—"


class AccountsPage(ListPage):
    """Own bank accounts."""

    key = "masterdata.accounts"
    title = _("银行账户")
    order = "number"
    columns = [
        Column("number", _("账号"), kind="full_account", sort="number", is_key=True),
        Column("name", _("户名")),
        Column("company__code", _("公司"), note="company__short_name"),
        Column("bank__name", _("银行"), note="branch_name"),
        Column(
            "kind", _("性质"), value=lambda row: OwnAccount.Kind(row["kind"]).label, needs=("kind",)
        ),
        Column("currency", _("币种"), kind="code"),
        Column("gl_subject", _("会计科目"), kind="code"),
        Column(
            "switches",
            _("开关"),
            value=_switches,
            needs=("is_direct_link", "is_frozen", "is_active"),
        ),
    ]
    filters = [
        SearchFilter(
            "q", _("账号 / 户名 / 拼音"), columns=("number", "name", "pinyin", "branch_name")
        ),
        CompanyFilter("company", _("公司"), field="company_id", choices=company_choices),  # type: ignore[arg-type]  # ids are written as text
        ChoiceFilter("kind", _("性质"), choices=OwnAccount.Kind.choices),
        ChoiceFilter("is_direct_link", _("直联"), choices=YES_NO),
    ]

    def base(self, scope: Scope) -> QuerySet[Any]:
        """Accounts of the companies the viewer serves."""
        return selectors.visible_accounts(scope)

    def row_url(self, row: Row) -> str:
        """The account's page."""
        return reverse("masterdata:account", args=[row["pk"]])


class CounterpartiesPage(ListPage):
    """Trading partners."""

    key = "masterdata.counterparties"
    title = _("往来单位")
    order = "code"
    columns = [
        Column("code", _("编码"), kind="code", sort="code", is_key=True),
        Column("name", _("名称"), sort="name"),
        Column(
            "kind",
            _("类别"),
            value=lambda row: Counterparty.Kind(row["kind"]).label,
            needs=("kind",),
        ),
        Column("uscc", _("统一社会信用代码"), kind="code"),
        Column("origin", _("来源"), kind="code"),
        Column("status", _("状态"), value=_active, needs=("is_active",)),
    ]
    filters = [
        SearchFilter("q", _("编码 / 名称 / 拼音"), columns=("code", "name", "pinyin", "uscc")),
        ChoiceFilter("kind", _("类别"), choices=Counterparty.Kind.choices),
    ]

    def base(self, scope: Scope) -> QuerySet[Any]:
        """Partners, group-wide."""
        return selectors.visible_counterparties(scope)

    def row_url(self, row: Row) -> str:
        """The partner's page."""
        return reverse("masterdata:counterparty", args=[row["pk"]])


def _partner(row: Row) -> str:
    """The partner's own name, marked where the account is in another."""
    name = str(row["counterparty__name"])
    is_same = checks.normalise_name(name) == checks.normalise_name(row["name"])
    return str(_("同户名")) if is_same else name


class PayeesPage(ListPage):
    """The payee desk: announced bank accounts waiting for another person."""

    key = "masterdata.payees"
    title = _("收款账户确认")
    caption = _("新的收款账户由另一人确认后才能付款；提出人不能确认自己的提交。")
    order = "-id"
    selectable = True
    actions = [
        BulkAction(
            _("确认"), url=reverse_lazy("masterdata:payees_confirm"), right="payees.confirm"
        ),
        BulkAction(
            _("拒绝"),
            url=reverse_lazy("masterdata:payees_reject"),
            tone="danger",
            right="payees.confirm",
        ),
    ]
    columns = [
        Column("counterparty__code", _("编码"), kind="code", is_key=True),
        Column("name", _("户名")),
        Column("partner", _("往来单位"), value=_partner, needs=("name", "counterparty__name")),
        Column("number", _("账号"), kind="full_account"),
        Column("bank_name", _("开户行"), note="cnaps"),
        Column("state", _("状态"), kind="state"),
        Column("made_by__display_name", _("提出人"), note="source_note"),
        Column("created_at", _("提出时间"), kind="datetime"),
        Column("decided_by__display_name", _("确认人")),
    ]
    filters = [
        SearchFilter(
            "q",
            _("编码 / 户名 / 账号 / 拼音"),
            columns=("counterparty__code", "name", "number", "counterparty__pinyin"),
        ),
        ChoiceFilter("state", _("状态"), choices=PAYEE_WORDS),
    ]
    empty_title = _("没有待确认的收款账户")

    def base(self, scope: Scope) -> QuerySet[Any]:
        """Staged accounts unless a state is asked for."""
        rows = selectors.visible_payees(scope)
        return rows if self.given.get("state") else rows.filter(state=PayeeState.STAGED)

    def row_url(self, row: Row) -> str:
        """The payee's page."""
        return reverse("masterdata:payee", args=[row["pk"]])


class ChangesPage(ListPage):
    """Proposed changes of dual-controlled rows."""

    key = "masterdata.changes"
    title = _("待确认变更")
    order = "-id"
    columns = [
        Column("title", _("变更"), is_key=True),
        Column("company__short_name", _("公司")),
        Column(
            "state",
            _("状态"),
            value=lambda row: StagedChange.State(row["state"]).label,
            needs=("state",),
        ),
        Column("made_by__display_name", _("提出人")),
        Column("made_at", _("提出时间"), kind="datetime"),
        Column("decided_by__display_name", _("复核人"), note="why"),
    ]
    filters = [ChoiceFilter("state", _("状态"), choices=StagedChange.State.choices)]

    def base(self, scope: Scope) -> QuerySet[Any]:
        """Undecided ones unless a state is asked for."""
        rows = selectors.visible_changes(scope)
        return rows if self.given.get("state") else rows.filter(state=StagedChange.State.PROPOSED)

    def row_url(self, row: Row) -> str:
        """The change's page."""
        return reverse("masterdata:change", args=[row["pk"]])


class BranchesPage(ListPage):
    """The bank directory."""

    key = "masterdata.branches"
    title = _("联行号")
    order = "cnaps"
    columns = [
        Column("cnaps", _("联行号"), kind="code", sort="cnaps", is_key=True),
        Column("name", _("机构名称")),
        Column("bank__name", _("银行")),
        Column("area_code", _("地区代码"), kind="code"),
        Column("imported_at", _("导入时间"), kind="datetime"),
    ]
    filters = [
        SearchFilter("q", _("联行号 / 名称 / 拼音"), columns=("cnaps", "name", "pinyin")),
        ChoiceFilter(
            "bank",
            _("银行"),
            field="bank_id",
            choices=lambda scope: [(b.pk, b.name) for b in selectors.visible_banks(scope)],
        ),
    ]

    def base(self, scope: Scope) -> QuerySet[Any]:
        """Every line of the directory."""
        return selectors.visible_branches(scope)


class BanksPage(ListPage):
    """Banks by CNAPS prefix."""

    key = "masterdata.banks"
    title = _("银行")
    order = "prefix"
    columns = [
        Column("prefix", _("代码"), kind="code", sort="prefix", is_key=True),
        Column("name", _("银行名称"), note="name_en"),
        Column("head_office_cnaps", _("总行联行号"), kind="code"),
        Column("slug", _("银行接口"), kind="code"),
    ]
    filters = [SearchFilter("q", _("代码 / 名称 / 拼音"), columns=("prefix", "name", "pinyin"))]

    def base(self, scope: Scope) -> QuerySet[Any]:
        """Every bank."""
        return selectors.visible_banks(scope)


class ConnectionsPage(ListPage):
    """Bank connections; credentials never leave the database."""

    key = "masterdata.connections"
    title = _("银行通道")
    order = "name"
    can_export = False
    columns = [
        Column("name", _("通道名称"), sort="name", is_key=True),
        Column("bank_slug", _("银行接口"), kind="code"),
        Column("channel", _("环境"), value=lambda row: str(_("模拟") if row["channel"] == "simulator" else _("生产")), needs=("channel",)),
        Column("status", _("状态"), value=lambda row: str(_("已冻结")) if row["is_frozen"] else _active(row), needs=("is_active", "is_frozen")),
        Column("last_ok_at", _("最近成功"), kind="datetime"),
        Column("last_error_at", _("最近失败"), kind="datetime"),
        Column("last_error", _("失败原因")),
    ]  # fmt: skip

    def base(self, scope: Scope) -> QuerySet[Any]:
        """Connections, for those who may see them."""
        return selectors.visible_connections(scope)

    def row_url(self, row: Row) -> str:
        """The connection's page."""
        return reverse("masterdata:connection", args=[row["pk"]])


class PeoplePage(ListPage):
    """People and their duties."""

    key = "masterdata.people"
    title = _("用户与角色")
    order = "username"
    columns = [
        Column("username", _("用户名"), kind="code", sort="username", is_key=True),
        Column("display_name", _("姓名")),
        Column("duties", _("职责")),
        Column("status", _("状态"), value=_active, needs=("is_active",)),
        Column("last_login", _("最近登录"), kind="datetime"),
    ]
    filters = [SearchFilter("q", _("用户名 / 姓名"), columns=("username", "display_name"))]

    def base(self, scope: Scope) -> QuerySet[Any]:
        """People, for those who may see them."""
        return people_selectors.visible_people(scope)

    def row_url(self, row: Row) -> str:
        """The person's page."""
        return reverse("masterdata:person", args=[row["pk"]])


LISTS: dict[str, tuple[type[ListPage], str, list[tuple[Any, str, str]]]] = {
    # name: (page, right to see it, [(label, url name, right)])
    "companies": (CompaniesPage, "masterdata.view", [(_("新建公司"), "company_new", "masterdata.edit")]),
    "accounts": (
        AccountsPage,
        "masterdata.view",
        [(_("导入"), "accounts_import", "masterdata.edit"), (_("新建账户"), "account_new", "masterdata.edit")],
    ),
    "counterparties": (
        CounterpartiesPage,
        "masterdata.view",
        [(_("导入"), "counterparties_import", "masterdata.edit"), (_("新建往来单位"), "counterparty_new", "masterdata.edit")],
    ),
    "payees": (PayeesPage, "masterdata.view", []),
    "changes": (ChangesPage, "masterdata.view", []),
    "banks": (BanksPage, "masterdata.view", []),
    "branches": (
        BranchesPage,
        "masterdata.view",
        [(_("银行"), "banks", "masterdata.view"), (_("导入联行号"), "branches_import", "masterdata.edit")],
    ),
    "connections": (ConnectionsPage, "connections.view", [(_("新建通道"), "connection_new", "connections.edit")]),
    "people": (PeoplePage, "people.view", [(_("新建用户"), "person_new", "people.edit")]),
}  # fmt: skip


def show_list(request: HttpRequest, which: str) -> HttpResponseBase:
    """One list of the table above, with the buttons the viewer may use."""
    page, right, buttons = LISTS[which]
    scope = scope_in(request)
    scope.demand(right)
    offered = [
        {"label": label, "url": reverse(f"masterdata:{url}")}
        for label, url, needed in buttons
        if scope.has(needed)
    ]
    return render_list(request, page, "masterdata/list.html", {"buttons": offered})
