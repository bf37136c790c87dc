"""Bank connections, and imports of master data."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from desk.selectors import uploaded_file
from desk.viewing import form_page, scope_in, version_in
from desk.words import said
from kernel.errors import Conflict, InvalidInput
from kernel.secrets import Secret
from masterdata import forms, selectors, services
from masterdata.models import Connection
from masterdata.services import imports

UPLOAD_BYTES_MAX = 40 * 1024 * 1024


def connection(request: HttpRequest, connection_id: int) -> HttpResponse:
    """One connection; of its credentials only which are set."""
    scope = scope_in(request)
    row = selectors.get_connection(connection_id, scope=scope)
    context = {
        "connection": row,
        "credentials": services.credential_names(row),
        "accounts": selectors.visible_accounts(scope).filter(connection=row),
        "can_edit": scope.has("connections.edit"),
        "waiting": selectors.visible_changes(scope).filter(
            kind__startswith="connection.", subject_id=str(row.pk), state="proposed"
        ),
        "form": forms.CredentialForm(initial={"version": row.version}),
        **_declared(row),
    }
    return render(request, "masterdata/connection.html", context)


def _declared(row: Connection) -> dict[str, Any]:
    """The settings the bank's adapter declares, with what is in force, and what its document leaves open."""
    profile = selectors.declared_profile(row.bank_slug)
    if profile is None:
        return {"declared": [], "others": sorted(row.parameters.items()), "questions": []}
    language = "en" if (get_language() or "").startswith("en") else "zh"
    declared = [
        {
            "name": one["name"],
            "label": one[f"label_{language}"],
            "value": row.parameters.get(one["name"]) or one["default"],
            "is_default": not row.parameters.get(one["name"]),
            "is_missing": one["is_required"]
            and not row.parameters.get(one["name"])
            and not one["default"],
            "note": one[f"confirm_{language}"] or one["confirm_zh"],
        }
        for one in profile.settings
        if not one["is_secret"]
    ]
    named = {one["name"] for one in profile.settings}
    others = sorted(pair for pair in row.parameters.items() if pair[0] not in named)
    return {
        "declared": declared,
        "others": others,
        "questions": [one[language] for one in profile.confirm_with_bank],
    }


def _codes(text: str) -> list[str]:
    return [code.strip() for code in text.replace("，", ",").split(",") if code.strip()]


_PLAIN = ("version", "name", "bank_slug", "parameters", "connect_timeout_s", "read_timeout_s", "parallel_max", "is_active")  # fmt: skip


def connection_form(request: HttpRequest, connection_id: int | None = None) -> HttpResponse:
    """Make or change a connection."""
    scope = scope_in(request)
    scope.demand("connections.edit")
    row = selectors.get_connection(connection_id, scope=scope) if connection_id else None

    def submit(values: dict[str, Any]) -> object:
        version = values.pop("version") or 0
        endpoints = {**(values.pop("other_endpoints") or {}), "main": values.pop("endpoint")}
        values["parameters"] = values["parameters"] or {}
        codes = {name: _codes(values.pop(name)) for name in ("final_failures", "not_found_codes")}
        return services.propose_connection(
            connection_id=connection_id,
            version=version,
            values={**values, **codes, "endpoints": endpoints},
            actor=request.user,  # type: ignore[arg-type]  # signed in
        )

    initial: dict[str, Any] = {}
    if row is not None:
        initial = {name: getattr(row, name) for name in _PLAIN}
        initial |= {"endpoint": row.endpoints.get("main", "")}
        others = {role: url for role, url in row.endpoints.items() if role != "main"}
        initial |= {"other_endpoints": others or None}
        initial |= {
            name: ",".join(getattr(row, name)) for name in ("final_failures", "not_found_codes")
        }
    title = _("申请修改银行通道") if row else _("申请新建银行通道")
    form = forms.ConnectionForm(request.POST or None, initial=initial)
    back = (
        reverse("masterdata:connection", args=[row.pk])
        if row
        else reverse("masterdata:connections")
    )
    done = _("已提交，等待另一人复核")
    return form_page(request, form=form, submit=submit, title=title, back=back, done=done)


def connection_credentials(request: HttpRequest, connection_id: int) -> HttpResponse:
    """Propose one credential; the page never shows any."""
    scope = scope_in(request)
    scope.demand("connections.edit")
    row = selectors.get_connection(connection_id, scope=scope)

    def submit(values: dict[str, Any]) -> object:
        return services.propose_credentials(
            connection_id=connection_id,
            version=values["version"] or 0,
            values={values["credential"]: Secret(values["value"])},
            actor=request.user,  # type: ignore[arg-type]  # signed in
        )

    return form_page(
        request,
        form=forms.CredentialForm(request.POST or None, initial={"version": row.version}),
        submit=submit,
        title=_("申请设置通道凭据"),
        back=reverse("masterdata:connection", args=[row.pk]),
        done=_("已加密保存，等待另一人复核后生效"),
    )


@require_POST
def connection_freeze(request: HttpRequest, connection_id: int) -> HttpResponse:
    """Stop a connection at once, or propose to let it go on."""
    actor: Any = request.user
    if request.POST.get("on") == "1":
        why = request.POST.get("why", "")
        services.stop_connection(connection_id=connection_id, actor=actor, why=why)
        messages.success(request, _("通道已冻结，不再发送任何付款"))
        return redirect("masterdata:connection", connection_id)
    change = services.propose_connection(
        connection_id=connection_id,
        version=version_in(request),
        values={"is_frozen": False},
        actor=actor,
    )
    messages.success(request, _("已提交，等待另一人复核"))
    return redirect("masterdata:change", change.pk)


def upload(request: HttpRequest, *, kind: str) -> HttpResponse:
    """Send in a file; the answer is its preview."""
    scope_in(request).demand("masterdata.edit")
    form = forms.UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        sent = form.cleaned_data["file"]
        try:
            if sent.size > UPLOAD_BYTES_MAX:
                raise InvalidInput("文件不能超过 40 MB", "the file is too large")
            stored = imports.preview_import(
                kind=kind,
                data=sent.read(),
                filename=sent.name,
                actor=request.user,  # type: ignore[arg-type]  # signed in
            )
        except (InvalidInput, Conflict) as error:
            form.add_error("file", said(error))
        else:
            return redirect(f"masterdata:{kind}_preview", stored.pk)
    context = {
        "form": form,
        "title": _("导入") + " " + _(imports.KINDS[kind].title),
        "columns": [aliases[0] for aliases in imports.KINDS[kind].heads.values()],
        "back": reverse(f"masterdata:{kind}"),
    }
    return render(request, "masterdata/upload.html", context, status=422 if form.is_bound else 200)


def preview(request: HttpRequest, file_id: int, *, kind: str) -> HttpResponse:
    """What the file holds; on POST it is written or dropped."""
    scope_in(request).demand("masterdata.edit")
    stored = uploaded_file(file_id=file_id, purpose=f"masterdata.{kind}")
    if request.method == "POST":
        return _decide(request, stored, kind)
    context = {
        "file": stored,
        "found": stored.preview,
        "kind": kind,
        "title": _(imports.KINDS[kind].title),
        "is_open": stored.state == "previewed",
        "back": reverse(f"masterdata:{kind}"),
    }
    return render(request, "masterdata/preview.html", context)


def _decide(request: HttpRequest, stored: Any, kind: str) -> HttpResponse:
    actor: Any = request.user
    try:
        if request.POST.get("decision") == "discard":
            imports.discard_import(kind=kind, file=stored, actor=actor)
            messages.info(request, _("已放弃此文件"))
        else:
            counts = imports.confirm_import(kind=kind, file=stored, actor=actor)
            words = _("已导入：新增 %(new)s，更新 %(changed)s，未变 %(same)s")
            messages.success(request, words % counts)
    except Conflict as error:
        messages.error(request, said(error))
    return redirect(f"masterdata:{kind}")
