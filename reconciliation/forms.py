"""Shape and syntax of what people enter on the reconciliation pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class ItemForm(forms.Form):
    """What a person says of an outstanding item."""

    reason = forms.CharField(label=_("原因"), required=False, max_length=300)
    next_step = forms.CharField(label=_("下一步"), required=False, max_length=200)
    owner_id = forms.TypedChoiceField(
        label=_("处理人"), required=False, coerce=int, empty_value=None
    )

    def __init__(self, *args: Any, people: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner_id"].choices = [("", "—"), *people]  # type: ignore[attr-defined]
