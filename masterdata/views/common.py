"""What the pages share: the viewer, and one form over one service call."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import qrcode
from django.contrib import messages
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from qrcode.image.svg import SvgPathImage

from desk.filters import Filter
from desk.keysets import whole_number
from desk.words import said
from kernel.errors import DomainError, InvalidInput, NotAllowed, NotFound
from kernel.scope import Scope
from masterdata import selectors


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


def qr_image(text: str) -> str:
    """A QR code as the address of an image."""
    drawn = io.BytesIO()
    qrcode.make(text, image_factory=SvgPathImage, box_size=8, border=2).save(drawn)
    return "data:image/svg+xml;base64," + base64.b64encode(drawn.getvalue()).decode()


@dataclass(frozen=True)
class SearchFilter(Filter):
    """One box over codes, names and pinyin: every blank-separated word must be found somewhere."""

    columns: tuple[str, ...] = ("code", "name", "pinyin")

    def apply(self, rows: QuerySet[Any], given: Mapping[str, str]) -> QuerySet[Any]:
        """Rows that hold every word."""
        return selectors.matching(rows, given.get(self.name, "")[:100], *self.columns)


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
    return render(request, "masterdata/form.html", context, status=422 if form.is_bound else 200)
