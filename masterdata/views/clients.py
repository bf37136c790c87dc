"""系统→接口客户端: calling systems, what they may, their keys; proposed, agreed and stopped."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from desk.pages import ListPage, render_list
from desk.rows import Column, Row
from desk.viewing import acted, form_page, scope_in
from kernel.errors import NotFound
from kernel.scope import Scope
from masterdata import forms
from masterdata import people_selectors as people
from masterdata.models import ApiClient, ApiKey, StagedChange
from masterdata.right_words import RIGHT_NAMES
from masterdata.services import clients, people_changes
from masterdata.services.stepup import require_stepup
from masterdata.views.common import SearchFilter


def _active(row: Row) -> str:
    return gettext("启用") if row["is_active"] else gettext("停用")


class ClientsPage(ListPage):
    """Calling systems."""

    key = "masterdata.clients"
    title = _("接口客户端")
    caption = _(
        "每个外部系统一个身份：自己的公司、权限与密钥。新建、扩权与换钥须两位安全管理员；停用与吊销一人即可，立即生效。"
    )
    order = "name"
    columns = [
        Column("name", _("名称"), sort="name", is_key=True),
        Column("source_system", _("来源系统"), kind="code"),
        Column("status", _("状态"), value=_active, needs=("is_active",)),
        Column("acts_for__display_name", _("代表")),
        Column("company_codes", _("公司")),
        Column("used_at", _("最近调用"), kind="datetime"),
    ]  # fmt: skip
    filters = [SearchFilter("q", _("名称 / 来源系统"), columns=("name", "source_system"))]
    empty_title = _("没有接口客户端")

    def base(self, scope: Scope) -> QuerySet[Any]:
        """Those of the viewer's companies."""
        return people.visible_clients(scope)

    def row_url(self, row: Row) -> str:
        """The client's page."""
        return reverse("masterdata:client", args=[row["pk"]])


@require_GET
def clients_list(request: HttpRequest) -> HttpResponseBase:
    """The list."""
    may = scope_in(request).has(people_changes.EDIT)
    new = {"label": _("新建客户端"), "url": reverse("masterdata:client_new")}
    return render_list(request, ClientsPage, "masterdata/list.html", {"buttons": [new] if may else []})  # fmt: skip


def _shown(request: HttpRequest, client_id: int) -> ApiClient:
    found = people.visible_clients(scope_in(request)).filter(pk=client_id).first()
    if found is None:
        raise NotFound("API client", "未找到该接口客户端")
    return found


@require_GET
def client(request: HttpRequest, client_id: int) -> HttpResponse:
    """One calling system: companies, rights, keys, and what waits for a second person."""
    scope = scope_in(request)
    found = _shown(request, client_id)
    waiting = people.visible_people_changes(scope).filter(state=StagedChange.State.PROPOSED)
    companies = list(found.companies.order_by("code"))
    context = {
        "client": found,
        "companies": companies,
        "rights": [RIGHT_NAMES.get(one, one) for one in found.rights],
        "keys": ApiKey.objects.filter(client=found).order_by("-pk"),
        "waiting": [one for one in waiting if one.after.get("client_id") == found.pk],
        "may_edit": {one.pk for one in companies} <= scope.companies_with(people_changes.EDIT),
    }
    return render(request, "masterdata/client.html", context)


def _proposal(request: HttpRequest, form: Any, propose: Any, *, title: str, back: str) -> HttpResponse:  # fmt: skip
    made: list[StagedChange] = []
    answer = form_page(
        request, form=form, submit=lambda values: made.append(propose(values)), title=title, back=back,
        done=gettext("已提交，等待另一位安全管理员确认"),
    )  # fmt: skip
    return redirect("masterdata:people_change", made[0].pk) if made else answer


@require_http_methods(["GET", "POST"])
def client_new(request: HttpRequest) -> HttpResponse:
    """Propose a calling system."""
    actor: Any = request.user
    return _proposal(
        request,
        forms.ClientForm(request.POST or None, scope=scope_in(request)),
        lambda values: clients.propose_client(values=values, actor=actor),
        title=gettext("新建接口客户端"),
        back=reverse("masterdata:clients"),
    )


@require_http_methods(["GET", "POST"])
def client_edit(request: HttpRequest, client_id: int) -> HttpResponse:
    """Propose other companies or rights."""
    actor: Any = request.user
    found = _shown(request, client_id)
    initial = {
        "companies": [one.pk for one in found.companies.all()],
        "rights": found.rights,
        "acts_for": found.acts_for.username if found.acts_for else "",
    }
    return _proposal(
        request,
        forms.ClientGrantForm(request.POST or None, scope=scope_in(request), initial=initial),
        lambda values: clients.propose_client_edit(client_id=client_id, values=values, actor=actor),
        title=gettext("修改接口客户端 %(name)s") % {"name": found.name},
        back=reverse("masterdata:client", args=[client_id]),
    )


@require_http_methods(["GET", "POST"])
def client_key(request: HttpRequest, client_id: int) -> HttpResponse:
    """Propose a further key."""
    actor: Any = request.user
    found = _shown(request, client_id)
    return _proposal(
        request,
        forms.ClientKeyForm(request.POST or None),
        lambda values: clients.propose_key(client_id=client_id, values=values, actor=actor),
        title=gettext("申请新密钥：%(name)s") % {"name": found.name},
        back=reverse("masterdata:client", args=[client_id]),
    )


@require_POST
def client_stop(request: HttpRequest, client_id: int) -> HttpResponse:
    """Stop a calling system at once."""
    actor: Any = request.user
    require_stepup(request, "people.client")
    why = request.POST.get("why", "")
    acted(
        request,
        lambda: clients.stop_client(client_id=client_id, actor=actor, why=why),
        done=gettext("客户端已停用，密钥立即失效"),
    )
    return redirect("masterdata:client", client_id)


@require_POST
def client_key_revoke(request: HttpRequest, client_id: int, key_id: int) -> HttpResponse:
    """Revoke one key at once."""
    actor: Any = request.user
    require_stepup(request, "people.client")
    why = request.POST.get("why", "")
    acted(
        request,
        lambda: clients.revoke_key(client_id=client_id, key_id=key_id, actor=actor, why=why),
        done=gettext("密钥已吊销，立即失效"),
    )
    return redirect("masterdata:client", client_id)
