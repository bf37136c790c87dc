"""The desks of the second person: payee accounts and staged changes, with the differences marked."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from desk.formats import differing_html
from desk.pages import picked_ids
from desk.viewing import form_page, scope_in, version_in
from kernel.errors import InvalidInput, NotFound
from masterdata import forms, selectors
from masterdata.services import calendars, changes, dated, payees
from masterdata.services.stepup import require_stepup
from masterdata.states import PayeeState
from masterdata.views import rule_changes
from masterdata.working_days import differences

FIELD_WORDS = {
    "is_direct_link": "银企直联",
    "is_frozen": "付款冻结",
    "name": "户名",
    "bank_name": "开户行",
    "cnaps": "联行号",
    "is_personal": "对私账户",
    "is_whitelisted": "白名单",
    "version_no": "收款资料版本",
    "state": "状态",
    "bank_slug": "银行",
    "endpoints": "前置机地址",
    "parameters": "接口参数",
    "final_failures": "确定失败的返回码",
    "not_found_codes": "查无此笔的返回码",
    "connect_timeout_s": "连接超时（秒）",
    "read_timeout_s": "读取超时（秒）",
    "parallel_max": "最大并发",
    "is_active": "启用",
}


@require_POST
def payee_decide(request: HttpRequest, account_id: int) -> HttpResponse:
    """Confirm or reject one account."""
    confirm = request.POST.get("decision") == "confirm"
    require_stepup(request, "payees.decide")
    payees.decide_payee(
        account_id=account_id,
        version=version_in(request),
        confirm=confirm,
        actor=request.user,  # type: ignore[arg-type]  # signed in
        why=request.POST.get("why", ""),
    )
    messages.success(request, _("已确认") if confirm else _("已拒绝"))
    return redirect("masterdata:payees")


@require_POST
def payees_decide(request: HttpRequest, *, confirm: bool) -> HttpResponse:
    """Confirm or reject the ticked accounts: first shown once more in full, then done."""
    ids = picked_ids(request.POST)
    if not ids:
        raise InvalidInput("请先勾选收款账户", "nothing was ticked")
    scope = scope_in(request)
    if request.POST.get("decided") != "yes":
        scope.demand("payees.confirm")
        rows = selectors.visible_payees(scope).filter(pk__in=ids, state=PayeeState.STAGED)
        context = {"rows": rows, "confirm": confirm, "action": request.path}
        return render(request, "masterdata/payees_decide.html", context)
    require_stepup(request, "payees.decide")
    outcome = payees.decide_payees(
        account_ids=ids,
        confirm=confirm,
        actor=request.user,  # type: ignore[arg-type]  # signed in
        why=request.POST.get("why", ""),
    )
    if outcome.done:
        words = _("已确认 %(count)s 个收款账户") if confirm else _("已拒绝 %(count)s 个收款账户")
        messages.success(request, words % {"count": len(outcome.done)})
    for reason in dict.fromkeys(reason for _pk, reason in outcome.refused):
        count = sum(1 for _pk, other in outcome.refused if other == reason)
        messages.error(
            request, _("%(count)s 个未处理：%(reason)s") % {"count": count, "reason": reason}
        )
    return redirect("masterdata:payees")


def payee_edit(request: HttpRequest, account_id: int) -> HttpResponse:
    """Propose new particulars of a confirmed payee account."""
    scope = scope_in(request)
    scope.demand("payees.propose")
    row = selectors.get_payee(account_id, scope=scope)

    def submit(values: dict[str, Any]) -> object:
        version = values.pop("version") or 0
        return changes.propose_payee_edit(
            account_id=row.pk,
            version=version,
            values=values,
            actor=request.user,  # type: ignore[arg-type]  # signed in
        )

    initial = {name: getattr(row, name) for name in ("version", *changes.PAYEE_FIELDS)}
    return form_page(
        request,
        form=forms.PayeeEditForm(request.POST or None, initial=initial),
        submit=submit,
        title=_("申请修改收款账户"),
        back=reverse("masterdata:payee", args=[row.pk]),
        done=_("已提交，等待另一人复核"),
    )


@require_POST
def payee_close(request: HttpRequest, account_id: int) -> HttpResponse:
    """Propose to close a confirmed payee account."""
    change = changes.propose_payee_close(
        account_id=account_id,
        version=version_in(request),
        actor=request.user,  # type: ignore[arg-type]  # signed in
    )
    return redirect("masterdata:change", change.pk)


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, dict):
        return "；".join(f"{name} = {one}" for name, one in sorted(value.items())) or "—"
    if isinstance(value, list):
        return "、".join(map(str, value)) or "—"
    return str(value)


def _decided_elsewhere(kind: str) -> str:
    """The page where the app that owns this kind has it decided; "" where it is decided here."""
    fitting = [one for one in settings.CHANGE_PAGES if kind.startswith(one)]
    return reverse(settings.CHANGE_PAGES[max(fitting, key=len)]) if fitting else ""


def change(request: HttpRequest, change_id: int) -> HttpResponse:
    """One proposed change: before and after, side by side, and the decision."""
    scope = scope_in(request)
    row = selectors.visible_changes(scope).filter(pk=change_id).first()
    if row is None:
        raise NotFound("staged change")
    context = {
        "change": row,
        "is_open": row.state == row.State.PROPOSED,
        "is_own": row.made_by.person_key == scope.person_key,
        "can_decide": changes.may_decide(row, scope),
        "elsewhere": _decided_elsewhere(row.kind),
    }
    if row.kind in dated.kinds():
        context |= rule_changes.context(request, row, scope)
        return render(request, "masterdata/rule_change.html", context)
    if row.kind == calendars.KIND:
        context["lines"] = differences(row.before["days"], row.after["days"])
        return render(request, "masterdata/change.html", context)
    context["lines"] = [
        (
            _(FIELD_WORDS.get(name, name)),
            *differing_html(_shown(row.before.get(name, "—")), _shown(value)),
        )
        for name, value in row.after.items()
    ]
    return render(request, "masterdata/change.html", context)


@require_POST
def change_decide(request: HttpRequest, change_id: int) -> HttpResponse:
    """Accept or refuse a proposed change."""
    accept = request.POST.get("decision") == "accept"
    require_stepup(request, "changes.decide")
    changes.decide_change(
        change_id=change_id,
        accept=accept,
        actor=request.user,  # type: ignore[arg-type]  # signed in
        why=request.POST.get("why", ""),
    )
    messages.success(request, _("变更已生效") if accept else _("变更已拒绝"))
    return redirect("masterdata:changes")
