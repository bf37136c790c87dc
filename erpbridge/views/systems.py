"""财务系统: registered systems, their settings and secrets as proposals, the second administrator's word, and the test of a lane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from desk.filters import ChoiceFilter, Filter, TextFilter
from desk.pages import ListPage, render_list
from desk.rows import Column, Row
from desk.viewing import acted, form_page, scope_in, version_in
from desk.words import said
from erpbridge import selectors
from erpbridge.contract import FIELDS
from erpbridge.forms import FORMS, SECRET_LABELS, TOLD, SecretsForm
from erpbridge.models import ErpSystem
from erpbridge.pages import STYLE_WORDS, STYLES
from erpbridge.services import decisions, probing, systems
from erpbridge.views import mappings
from kernel.errors import DomainError, NotAllowed, NotFound
from kernel.scope import Scope
from masterdata import selectors as master
from masterdata.services.stepup import require_stepup

if TYPE_CHECKING:
    from masterdata.models import User

_PROFILES = dict(ErpSystem.Profile.choices)
_LABELS = {
    "client": _("接口客户端"), "style": _("方式"), "profile": _("对接标准"), "is_active": _("启用"),
    "webhook_url": _("推送地址"), "schema": _("对方视图所在模式"), "reader": _("对方读取用的只读角色"),
    "root": _("交换目录"), "form": _("写出格式"), "encoding": _("编码"), "push_host": _("推送主机"),
    "push_port": _("推送端口"), "tls": _("使用 TLS"), "cert_file": _("本方证书文件"), "key_file": _("本方私钥文件"),
    "kinds": _("除付款结果外还告知"), "sample": _("样例文件"), "tried": _("样例试读"), **SECRET_LABELS,
}  # fmt: skip


class SystemsPage(ListPage):
    """Registered finance systems, by name."""

    key, title = "erpbridge.systems", _("财务系统")
    caption = _("每个财务系统一种对接方式；设置与密钥由一位管理员提出、另一位确认后生效。")
    order = "name"
    columns = (
        Column("name", _("名称"), is_key=True),
        Column("client__source_system", _("来源系统"), kind="code"),
        Column("style", _("方式"), value=lambda row: STYLE_WORDS[row["style"]], needs=("style",)),
        Column(
            "profile",
            _("对接标准"),
            value=lambda row: _PROFILES[row["profile"]],
            needs=("profile",),
        ),
        Column(
            "is_active",
            _("状态"),
            value=lambda row: _("启用") if row["is_active"] else _("停用"),
            needs=("is_active",),
        ),
        Column("last_ok_at", _("最近成功"), kind="datetime"),
        Column("last_error", _("最近错误")),
    )
    filters: tuple[Filter, ...] = (
        TextFilter("q", _("名称"), fields=("name",)),
        ChoiceFilter("style", _("方式"), choices=STYLES),
    )
    empty_title = _("还没有财务系统")
    empty_hint = _("先由安全管理员登记接口客户端，再在此新建财务系统。")

    def base(self, scope: Scope) -> QuerySet[ErpSystem]:
        """Systems whose companies the viewer may all watch."""
        return selectors.visible_systems(scope)

    def row_url(self, row: Row) -> str:
        """Its page."""
        return reverse("erpbridge:system", args=[row["pk"]])


def _flat(said: dict[str, Any]) -> dict[str, Any]:
    """A proposal's words, one a line."""
    flat = {n: value for n, value in said.items() if n not in ("settings", "mapping", "file_type")}
    mapping = said.get("mapping") or {}
    columns = {f"column.{name}": told for name, told in mapping.get("columns", {}).items()}
    fixed = {f"column.{name}": f"＝{told}" for name, told in mapping.get("fixed", {}).items()}
    return flat | dict(said.get("settings", {})) | columns | fixed


def _words(name: str, value: Any) -> Any:
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, list):
        return "、".join(str(dict(TOLD).get(one, one)) for one in value) or "—"
    tables = {"style": STYLE_WORDS, "profile": _PROFILES}
    return tables.get(name, {}).get(value, value) if value not in (None, "") else "—"


def _label(name: str) -> Any:
    if name.startswith("column."):
        column = name.removeprefix("column.")
        return FIELDS.get(column, column)
    return _LABELS.get(name, name)


def _lines(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[Any, Any, Any]]:
    """What changes: label, before, after."""
    old, new = _flat(before), _flat(after)
    return [
        (_label(name), _words(name, old.get(name)), _words(name, new.get(name)))
        for name in dict.fromkeys((*new, *old))
        if old.get(name) != new.get(name)
    ]


def waiting(scope: Scope, subject: str = "") -> list[dict[str, Any]]:
    """Proposals nobody has decided, and whether the viewer may."""
    rows = master.visible_changes(scope).filter(kind__in=list(decisions.APPLY), state="proposed")
    if subject:
        rows = rows.filter(Q(subject_id=subject) | Q(subject_id__startswith=f"{subject}:"))
    return [
        {
            "change": one,
            "may": scope.has(systems.RIGHT, one.company_id)
            and one.made_by.person_key != scope.person_key,
            "differences": _lines(one.before, one.after),
        }
        for one in rows
    ]


@require_safe
def system_list(request: HttpRequest) -> HttpResponseBase:
    """Systems, and what waits for a second administrator."""
    scope = scope_in(request)
    extra = {
        "waiting": waiting(scope),
        "may_edit": scope.has(systems.RIGHT),
        "styles": STYLES,
    }
    return render_list(request, SystemsPage, "erpbridge/systems.html", extra)


@require_safe
def system(request: HttpRequest, system_id: int) -> HttpResponse:
    """One system; of its secrets only which are set."""
    return _page(request, system_id, None)


def _page(request: HttpRequest, system_id: int, tested: Any) -> HttpResponse:
    scope = scope_in(request)
    row = selectors.get_system(system_id, scope=scope)
    known = systems.secret_names(row)
    context = {
        "system": row,
        "style": STYLE_WORDS[row.style],
        "settings": [
            (_LABELS.get(name, name), _words(name, value))
            for name, value in sorted(row.settings.items())
            if not isinstance(value, dict)
        ],
        "secrets": [(SECRET_LABELS[n], n in known) for n in systems.SECRET_NAMES[row.style]],
        "companies": master.visible_companies(scope).filter(
            pk__in=master.scope_of_client(row.client).company_ids
        ),
        "waiting": waiting(scope, f"erp:{row.pk}"),
        "may_edit": scope.has(systems.RIGHT),
        "may_see_client": scope.has("people.view"),
        "tested": tested,
        "mappings": mappings.overview(row) if row.style == "file" else [],
    }
    return render(request, "erpbridge/system.html", context)


@require_http_methods(["GET", "POST"])
def system_new(request: HttpRequest, style: str) -> HttpResponse:
    """Propose a system of this style."""
    if style not in FORMS:
        raise NotFound("style")
    form = FORMS[style](request.POST or None, scope=scope_in(request), system=None)
    return form_page(
        request,
        form=form,
        submit=lambda values: systems.propose_system(
            values={**values, "style": style}, actor=_person(request)
        ),
        title=_now("申请新建财务系统") + " · " + STYLE_WORDS[style],
        back=reverse("erpbridge:systems"),
        done=_now("已提交，等待另一人复核"),
    )


def _person(request: HttpRequest) -> User:
    return cast("User", request.user)


@require_http_methods(["GET", "POST"])
def system_edit(request: HttpRequest, system_id: int) -> HttpResponse:
    """Propose other particulars; `?style=` another way to speak."""
    scope = scope_in(request)
    row = selectors.get_system(system_id, scope=scope)
    style = request.GET.get("style", row.style)
    if style not in FORMS:
        raise NotFound("style")
    initial = {**row.settings, "client": row.client.name, "profile": row.profile}
    initial |= {"is_active": row.is_active, "version": row.version}
    form = FORMS[style](request.POST or None, scope=scope, system=row, initial=initial)

    def submit(values: dict[str, Any]) -> object:
        return systems.propose_edit(
            system_id=row.pk,
            version=values.pop("version") or 0,
            values={**values, "style": style},
            actor=_person(request),
        )

    return form_page(
        request,
        form=form,
        submit=submit,
        title=_now("申请修改财务系统") + " · " + STYLE_WORDS[style],
        back=reverse("erpbridge:system", args=[row.pk]),
        done=_now("已提交，等待另一人复核"),
    )


@require_http_methods(["GET", "POST"])
def system_secrets(request: HttpRequest, system_id: int) -> HttpResponse:
    """Propose secrets; a key the platform makes is shown once, in the answer to this very form."""
    row = selectors.get_system(system_id, scope=scope_in(request))
    names = systems.SECRET_NAMES[row.style]
    form = SecretsForm(request.POST or None, names=names, initial={"version": row.version})
    if request.method == "POST" and form.is_valid():
        given, made = form.secrets(), None
        if form.cleaned_data["makes_key"]:
            made = given[form.key_name] = systems.new_key()
        try:
            systems.propose_secrets(
                system_id=row.pk,
                version=form.cleaned_data["version"] or 0,
                values=given,
                actor=_person(request),
            )
        except (NotFound, NotAllowed):
            raise
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, said(error))
        else:
            messages.success(request, _now("已加密保存，等待另一人复核后生效"))
            if made is None:
                return redirect("erpbridge:system", row.pk)
            shown = {"system": row, "key": made.reveal(), "label": SECRET_LABELS[form.key_name]}
            answer = render(request, "erpbridge/key_once.html", shown)
            answer["Cache-Control"] = "no-store"
            return answer
    context = {
        "form": form,
        "title": _now("申请设置财务系统密钥"),
        "back": reverse("erpbridge:system", args=[row.pk]),
    }
    return render(request, "desk/form.html", context, status=422 if form.is_bound else 200)


@require_POST
def system_stop(request: HttpRequest, system_id: int) -> HttpResponse:
    """Stop a lane at once, or propose to let it go on."""
    if request.POST.get("on") != "1":
        acted(
            request,
            lambda: systems.stop(
                system_id=system_id, actor=_person(request), why=request.POST.get("why", "")
            ),
            done=_now("已停用，不再收发任何报文"),
        )
        return redirect("erpbridge:system", system_id)
    row = selectors.get_system(system_id, scope=scope_in(request))
    values = {**row.settings, "style": row.style, "profile": row.profile, "is_active": True}
    acted(
        request,
        lambda: systems.propose_edit(
            system_id=system_id, version=version_in(request), values=values, actor=_person(request)
        ),
        done=_now("已提交，等待另一人复核"),
    )
    return redirect("erpbridge:system", system_id)


@require_POST
def system_test(request: HttpRequest, system_id: int) -> HttpResponse:
    """Try the lane and show what was found."""
    found = probing.probe(system_id=system_id, actor=_person(request))
    return _page(request, system_id, found)


@require_POST
def decide(request: HttpRequest, change_id: int) -> HttpResponse:
    """The second administrator's word."""
    accept = request.POST.get("decision") == "accept"
    require_stepup(request, "masterdata.decide")
    acted(
        request,
        lambda: decisions.decide(
            change_id=change_id,
            accept=accept,
            actor=_person(request),
            why=request.POST.get("why", ""),
        ),
        done=_now("已生效") if accept else _now("已拒绝"),
    )
    return redirect("erpbridge:systems")
