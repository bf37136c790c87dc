"""What pages share: the viewer, the version a person saw, one form over one service call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from desk.keysets import whole_number
from desk.words import said
from kernel.errors import DomainError, InvalidInput, NotAllowed, NotFound
from kernel.scope import Scope


def scope_in(request: HttpRequest) -> Scope:
    """The viewer's scope."""
    scope: Scope = request.scope  # type: ignore[attr-defined]  # set by the scope middleware
    return scope


def version_in(request: HttpRequest) -> int:
    """The version of the row the person saw; raises InvalidInput where the form carries none."""
    version = whole_number(request.POST.get("version", ""))
    if version is None:
        raise InvalidInput("请求缺少版本号", "version is wanted", field="version")
    return version


def form_page(
    request: HttpRequest,
    *,
    form: Form,
    submit: Callable[[dict[str, Any]], Any],
    title: str,
    back: str,
    done: str = "",
    extra: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """Show a form; on POST hand its values to `submit` and go `back`, or show what was refused beside the fields."""
    if request.method == "POST" and form.is_valid():
        try:
            submit(form.cleaned_data)
        except (NotFound, NotAllowed):
            raise
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, said(error))
        else:
            messages.success(request, done or _("已保存"))
            return redirect(back)
    context = {"form": form, "title": title, "back": back, **(extra or {})}
    return render(request, "desk/form.html", context, status=422 if form.is_bound else 200)


def acted(request: HttpRequest, act: Callable[[], Any], *, done: str) -> bool:
    """Do one act of a page and say what came of it; False where it was refused, which is said too."""
    try:
        act()
    except (NotFound, NotAllowed):
        raise
    except DomainError as error:
        messages.error(request, said(error))
        return False
    messages.success(request, done)
    return True
