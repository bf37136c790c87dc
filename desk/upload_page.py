"""The page people send a file in on: the form, its refusals beside the field, the sender's own files. What is read is the app's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from desk import selectors
from desk.imports import SIZE_MAX
from desk.mappings import Target
from desk.models import UploadedFile
from desk.words import said
from kernel.errors import Conflict, InvalidInput, NotFound

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise


class UploadForm(forms.Form):
    """A file, the account where it names none, and a saved mapping of its columns."""

    file = forms.FileField(label=_("文件"))
    account = forms.TypedChoiceField(label=_("账户"), required=False, coerce=int, empty_value=None)
    mapping = forms.TypedChoiceField(
        label=_("列映射"), required=False, coerce=int, empty_value=None
    )

    def __init__(
        self,
        *args: Any,
        label: StrPromise,
        hints: Mapping[str, StrPromise],
        accounts: Sequence[tuple[str, str]],
        mappings: Sequence[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            is_choice = isinstance(field, forms.ChoiceField)
            field.widget.attrs["class"] = "form-select" if is_choice else "form-control"
        self.fields["file"].label = label
        for name, words in hints.items():
            self.fields[name].help_text = words
        self.fields["account"].choices = [("", _("按文件中的账号")), *accounts]  # type: ignore[attr-defined]
        self.fields["mapping"].choices = [("", _("自动识别")), *mappings]  # type: ignore[attr-defined]


@dataclass(frozen=True, kw_only=True)
class Entrance:
    """What an app gives for its kind of file; `preview` keeps a file with what taking it in would do."""

    purpose: str
    label: StrPromise
    hints: Mapping[str, StrPromise]
    targets: Sequence[Target]
    template: str
    preview_url: str
    accounts: Sequence[tuple[str, str]]
    preview: Callable[[bytes, str, dict[str, Any]], UploadedFile]


def upload(request: HttpRequest, entrance: Entrance) -> HttpResponse:
    """Show the form; on POST keep the file and go to its preview, or say beside the field why not."""
    form = UploadForm(
        request.POST or None,
        request.FILES or None,
        label=entrance.label,
        hints=entrance.hints,
        accounts=entrance.accounts,
        mappings=[(str(one.pk), one.name) for one in selectors.mappings(purpose=entrance.purpose)],
    )
    if request.method == "POST" and form.is_valid():
        sent = form.cleaned_data["file"]
        try:
            if sent.size > SIZE_MAX:
                raise InvalidInput("文件不能超过 20 MB", "the file is too large", field="file")
            stored = entrance.preview(sent.read(), sent.name, form.cleaned_data)
        except (InvalidInput, Conflict) as error:
            form.add_error(error.field if error.field in form.fields else "file", said(error))
        else:
            return redirect(entrance.preview_url, stored.pk)
    context = {
        "form": form,
        "recent": selectors.uploads(purpose=entrance.purpose, user_id=request.user.pk or 0)[:8],
        "targets": entrance.targets,
    }
    return render(request, entrance.template, context, status=422 if form.is_bound else 200)


def own_file(request: HttpRequest, file_id: int, *, purpose: str) -> UploadedFile:
    """The file, by whoever sent it in; anybody else finds none."""
    file = selectors.uploaded_file(file_id=file_id, purpose=purpose)
    if file.uploaded_by_id != request.user.pk:
        raise NotFound("uploaded file", "未找到该文件")
    return file


def undecided_file(request: HttpRequest, file_id: int, *, purpose: str) -> UploadedFile:
    """The same, while it waits for its sender's word. Raises Conflict afterwards."""
    file = own_file(request, file_id, purpose=purpose)
    if file.state != "previewed":
        raise Conflict("此文件已处理", "already decided")
    return file
