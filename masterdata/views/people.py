"""系统→用户角色: people, their duties, the second person's desk for changes of them, and the sign-in log."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from desk.filters import ChoiceFilter, DateRangeFilter, TextFilter
from desk.pages import ListPage, render_list
from desk.rows import Column, Row
from desk.viewing import form_page, scope_in
from kernel.errors import DomainError, InvalidInput, NotAllowed, NotFound
from kernel.scope import Scope
from masterdata import forms
from masterdata import people_selectors as people
from masterdata.duties import clashes
from masterdata.models import ApiClient, ApiKey, Company, Membership, SignInTry, StagedChange, User
from masterdata.models.access import METHODS
from masterdata.right_words import RIGHT_NAMES
from masterdata.roles import ROLE_NAMES, Role
from masterdata.services import clients, factors, people_admin, people_changes
from masterdata.services.stepup import require_stepup

WORDS = {
    "username": _("用户名"),
    "display_name": _("姓名"),
    "person_key": _("人员编号"),
    "role": _("职责"),
    "company_id": _("公司"),
    "valid_from": _("起始日"),
    "valid_to": _("截止日"),
    "why": _("原因"),
    "giver_id": _("委托人"),
    "receiver_id": _("代理人"),
    "user_id": _("用户"),
    "membership_id": _("职责编号"),
    "name": _("名称"),
    "source_system": _("来源系统"),
    "companies": _("公司"),
    "rights": _("权限"),
    "acts_for_id": _("代表"),
    "client_id": _("接口客户端"),
    "scheme": _("签名方式"),
    "point": _("SM2 公钥"),
}


@require_GET
def person(request: HttpRequest, user_id: int) -> HttpResponse:
    """One person: duties, how they sign in, what waits for a second person, and what may be done."""
    scope = scope_in(request)
    user = people.get_person(user_id, scope=scope)
    waiting = people.visible_people_changes(scope).filter(state=StagedChange.State.PROPOSED)
    about = [one for one in waiting if one.after.get("user_id") == user.pk]
    accounts = User.objects.filter(person_key=user.person_key).exclude(pk=user.pk)
    context = {
        "person": user,
        "duties": people.duties_of(user),
        "delegations": people.delegations_of(user),
        "clashes": clashes(people.duties_of_person(user.person_key)),
        "accounts": accounts,
        "factor": factors.factor_of(user),
        "waiting": about,
        "open_sessions": user.sessions.filter(ended_at=None).order_by("-pk"),
        "tries": user.sign_in_tries.order_by("-pk")[:10],
        "may_edit": _may_edit(scope, user),
        "is_self": user.person_key == scope.person_key,
    }
    return render(request, "masterdata/person.html", context)


def _may_edit(scope: Scope, user: User) -> bool:
    if not scope.has(people_changes.EDIT) or user.person_key == scope.person_key:
        return False
    try:
        people_changes.demand_reach(scope, user)
    except NotFound:
        return False
    return True


def _proposed(request: HttpRequest, change: StagedChange) -> HttpResponse:
    messages.success(request, gettext("已提交，等待另一位安全管理员确认"))
    return redirect("masterdata:people_change", change.pk)


@require_http_methods(["GET", "POST"])
def person_new(request: HttpRequest) -> HttpResponse:
    """Propose an account."""
    actor: Any = request.user
    made: list[StagedChange] = []
    form = forms.PersonForm(request.POST or None)
    answer = form_page(
        request,
        form=form,
        submit=lambda values: made.append(people_admin.propose_user(values=values, actor=actor)),
        title=gettext("新建用户"),
        back=reverse("masterdata:people"),
        done=gettext("已提交，等待另一位安全管理员确认"),
    )
    return redirect("masterdata:people_change", made[0].pk) if made else answer


@require_http_methods(["GET", "POST"])
def person_edit(request: HttpRequest, user_id: int) -> HttpResponse:
    """Propose another name or number."""
    actor: Any = request.user
    user = people.get_person(user_id, scope=scope_in(request))
    initial = {"display_name": user.display_name, "person_key": user.person_key}
    return form_page(
        request,
        form=forms.PersonEditForm(request.POST or None, initial=initial),
        submit=lambda values: people_admin.propose_edit(
            user_id=user.pk, values=values, actor=actor
        ),
        title=gettext("修改用户 %(name)s") % {"name": user},
        back=reverse("masterdata:person", args=[user.pk]),
        done=gettext("已提交，等待另一位安全管理员确认"),
    )


@require_http_methods(["GET", "POST"])
def duty_grant(request: HttpRequest, user_id: int) -> HttpResponse:
    """Propose a duty."""
    actor: Any = request.user
    scope = scope_in(request)
    user = people.get_person(user_id, scope=scope)
    form = forms.DutyForm(request.POST or None, scope=scope)
    return form_page(
        request,
        form=form,
        submit=lambda values: people_admin.propose_grant(
            user_id=user.pk, role=values["role"], company_id=values["company"], actor=actor
        ),
        title=gettext("授予职责：%(name)s") % {"name": user},
        back=reverse("masterdata:person", args=[user.pk]),
        done=gettext("已提交，等待另一位安全管理员确认"),
    )


@require_POST
def duty_revoke(request: HttpRequest, membership_id: int) -> HttpResponse:
    """Propose to take a duty back."""
    actor: Any = request.user
    change = people_admin.propose_revocation(membership_id=membership_id, actor=actor)
    return _proposed(request, change)


_PROPOSALS = {
    "password": people_admin.propose_password_reset,
    "factor": people_admin.propose_factor_reset,
    "activate": people_admin.propose_activation,
}
ACTS = (*_PROPOSALS, "deactivate", "sessions")


@require_POST
def person_act(request: HttpRequest, user_id: int, act: str) -> HttpResponse:
    """Propose a reset or the return of an account; stop an account, or end its sessions, at once."""
    actor: Any = request.user
    require_stepup(request, f"people.{act}")
    if act in _PROPOSALS:
        return _proposed(request, _PROPOSALS[act](user_id=user_id, actor=actor))
    if act == "deactivate":
        why = request.POST.get("why", "")
        people_admin.deactivate_user(user_id=user_id, actor=actor, why=why)
        messages.success(request, gettext("账号已停用，会话已结束"))
    elif act == "sessions":
        count = people_admin.end_sessions_of(user_id=user_id, actor=actor)
        messages.success(request, gettext("已结束 %(count)s 个会话") % {"count": count})
    else:
        raise InvalidInput("没有这种操作", "no such act", field="act")
    return redirect("masterdata:person", user_id)


# --- the second person's desk ----------------------------------------------------------------------------------------


class PeopleChangesPage(ListPage):
    """Proposed changes of people and duties."""

    key = "masterdata.people_changes"
    title = _("用户变更确认")
    caption = _(
        "新建用户、授予或收回职责、重置与代理须由另一位安全管理员确认；不能确认涉及本人的变更。"
    )
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
    empty_title = _("没有待确认的用户变更")

    def base(self, scope: Scope) -> QuerySet[Any]:
        """Undecided ones unless a state is asked for."""
        rows = people.visible_people_changes(scope)
        return rows if self.given.get("state") else rows.filter(state=StagedChange.State.PROPOSED)

    def row_url(self, row: Row) -> str:
        """The change's page."""
        return reverse("masterdata:people_change", args=[row["pk"]])


@require_GET
def changes(request: HttpRequest) -> HttpResponseBase:
    """The desk."""
    return render_list(request, PeopleChangesPage)


def _shown(name: str, value: Any) -> str:
    """A value of a change as people read it: names instead of numbers."""
    if value in ("", None):
        return "—"
    if name == "company_id":
        return str(Company.objects.filter(pk=value).first() or value)
    if name in ("user_id", "giver_id", "receiver_id", "acts_for_id"):
        found = User.objects.filter(pk=value).first()
        return f"{found}（{found.username}）" if found else "—"
    if name == "role":
        return str(ROLE_NAMES[Role(str(value))])
    if name == "membership_id":
        duty = Membership.objects.filter(pk=value).select_related("company").first()
        return f"{duty.get_role_display()} {duty.company}" if duty else "—"
    if name == "client_id":
        return str(ApiClient.objects.filter(pk=value).first() or value)
    if name == "companies":
        value = [str(one) for one in Company.objects.filter(pk__in=value).order_by("code")]
    if name == "rights":
        value = [RIGHT_NAMES.get(one, one) for one in value]
    if isinstance(value, list):
        return "、".join(map(str, value)) or "—"
    return str(value)


def _first_half(change: StagedChange, *, is_key: bool) -> str:
    """The half its proposer hands over, of a password or a shared secret; "" where nothing is handed over."""
    if is_key:
        is_open = change.state == StagedChange.State.PROPOSED
        return clients.first_half(change) if is_open else ""
    is_password = change.kind in (people_admin.NEW, people_admin.RESET_PASSWORD)
    return people_admin.first_half(change) if is_password else ""


def _context(request: HttpRequest, change: StagedChange) -> dict[str, Any]:
    scope = scope_in(request)
    lines = [
        (WORDS.get(name, name), _shown(name, change.before.get(name, "")), _shown(name, value))
        for name, value in change.after.items()
    ]
    is_own = change.made_by.person_key == scope.person_key
    is_mine = change.made_by_id == scope.actor_id
    is_key = change.after.get("scheme") == ApiKey.Scheme.HMAC
    return {
        "change": change,
        "lines": lines,
        "is_open": change.state == StagedChange.State.PROPOSED,
        "is_own": is_own,
        "can_decide": people_changes.may_decide(change, scope),
        "is_key": is_key,
        "first_half": _first_half(change, is_key=is_key) if is_mine else "",
    }


@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, change_id: int) -> HttpResponse:
    """One proposed change, and for a second person the decision; a secret it makes is shown here once."""
    scope = scope_in(request)
    found = people.visible_people_changes(scope).filter(pk=change_id).first()
    if found is None:
        raise NotFound("staged change")
    if request.method == "POST":
        return _decide(request, found)
    return render(request, "masterdata/people_change.html", _context(request, found))


def _decide(request: HttpRequest, found: StagedChange) -> HttpResponse:
    accept = request.POST.get("decision") == "accept"
    actor: Any = request.user
    require_stepup(request, "people.decide")
    try:
        done, secret = people_changes.decide_people_change(
            change_id=found.pk, accept=accept, actor=actor, why=request.POST.get("why", "")
        )
    except NotAllowed:
        raise
    except DomainError as error:
        context = {**_context(request, found), "error": error}
        return render(request, "masterdata/people_change.html", context, status=error.status)
    messages.success(request, gettext("变更已生效") if accept else gettext("变更已拒绝"))
    if secret is None:
        return redirect("masterdata:people_changes")
    context = {**_context(request, done), "second_half": secret.reveal()}
    answer = render(request, "masterdata/people_change.html", context)
    answer["Cache-Control"] = "no-store"
    return answer


# --- the sign-in log -------------------------------------------------------------------------------------------------


class SignInsPage(ListPage):
    """Every try to sign in."""

    key = "masterdata.sign_ins"
    title = _("登录日志")
    order = "-at"
    columns = [
        Column("at", _("时间"), kind="datetime", sort="at", is_key=True),
        Column("username", _("用户名"), kind="code"),
        Column("user__display_name", _("姓名")),
        Column("origin", _("来自"), kind="code"),
        Column(
            "method",
            _("方式"),
            value=lambda row: str(METHODS.get(row["method"], row["method"])),
            needs=("method",),
        ),
        Column(
            "result",
            _("结果"),
            value=lambda row: str(SignInTry.Result(row["result"]).label),
            needs=("result",),
        ),
        Column("agent", _("浏览器")),
    ]
    filters = [
        TextFilter("q", _("用户名 / 姓名"), fields=("username", "user__display_name")),
        TextFilter("origin", _("来自"), fields=("origin",)),
        ChoiceFilter("result", _("结果"), choices=SignInTry.Result.choices),
        DateRangeFilter("day", _("日期"), field="at", moments=True),
    ]
    empty_title = _("没有符合条件的登录记录")

    def base(self, scope: Scope) -> QuerySet[Any]:
        """What the viewer may read of the log."""
        return people.visible_tries(scope)


@require_GET
def sign_ins(request: HttpRequest) -> HttpResponseBase:
    """The log, newest first."""
    return render_list(request, SignInsPage)
