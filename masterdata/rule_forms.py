"""One form for every kind of settings, made of its fields; what the values mean is judged by the services."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.scope import Scope
from masterdata import selectors, typed
from masterdata.owners import people_with
from masterdata.services.dated import PROPOSE, Kind, may_propose
from masterdata.typed import Spec, Values, Words

_CHOSEN = forms.CheckboxSelectMultiple
CHOICES_FEW = 8
_DATED = ("valid_from", "valid_to", "source_note")


def _plain_amount(text: str) -> str:
    """An amount as typed: full-width digits, commas and blanks taken out."""
    plain = unicodedata.normalize("NFKC", text)
    return plain.replace(",", "").replace(" ", "").removesuffix("元")


class OrderWidget(forms.SelectMultiple):
    """Each word with a box for its place; what has no place is left out. Works without a script."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        """The words in the order of their places; a place that is no number is handed on to be refused."""
        if plain := data.getlist(name):
            return [str(one) for one in plain]
        placed = []
        for number, (word, _title) in enumerate(self.choices):
            text = unicodedata.normalize("NFKC", data.get(f"{name}.{word}", "")).strip()
            if text and not text.isdigit():
                return [f"{word} {text}"]
            if text:
                placed.append((int(text), number, str(word)))
        return [word for _place, _number, word in sorted(placed)]

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """A row of boxes."""
        places = {word: place for place, word in enumerate(value or (), start=1)}
        rows = [(f"{name}.{word}", title, places.get(word, "")) for word, title in self.choices]
        return render_to_string("masterdata/_order.html", {"rows": rows, "most": len(rows)})


class OrderField(forms.MultipleChoiceField):
    """Several words in an order."""

    widget = OrderWidget


class AmountField(forms.CharField):
    """An amount as people write it."""

    def clean(self, value: Any) -> str | None:
        """The plain figure, or None for nothing."""
        return _plain_amount(super().clean(value) or "") or None


class FlagField(forms.TypedChoiceField):
    """Yes, no, or nothing said here."""

    def __init__(self, **options: Any) -> None:
        words = [("", _("— 沿用")), ("1", _("是")), ("0", _("否"))]
        read = {"1": True, "0": False}
        super().__init__(choices=words, coerce=read.get, empty_value=None, **options)


def _reference(spec: Spec, scope: Scope, **options: Any) -> forms.Field:
    mine = scope.companies_with(PROPOSE)
    if spec.kind == typed.COMPANY:
        companies = selectors.visible_companies(scope).filter(pk__in=mine)
        offered = [(str(row.pk), str(row)) for row in companies]
        group = [("", _now("全集团"))] if may_propose(scope, None) else []
        return _id_choice(group + offered, **options)
    if spec.kind == typed.ACCOUNT:
        accounts = selectors.visible_accounts(scope).filter(company_id__in=mine)
        offered = [(str(a.pk), f"{a.company.code} {a.number} {a.name}") for a in accounts]
        return _id_choice([("", _now("全部")), *offered], **options)
    if spec.kind == typed.PERSON:
        people = people_with("payments.release", company_ids=mine)
        offered = [(str(p.pk), f"{p} ({p.username})") for p in people]
        return _id_choice([("", _now("全部")), *offered], **options)
    banks = [("", _now("各银行共同规则")), *selectors.bank_choices()]
    return forms.ChoiceField(choices=banks, **options)


def _id_choice(offered: list[tuple[str, str]], **options: Any) -> forms.Field:
    return forms.TypedChoiceField(choices=offered, coerce=int, empty_value=None, **options)


def _field(spec: Spec, scope: Scope) -> forms.Field:
    label = f"{spec.label}（{spec.unit}）" if spec.unit else spec.label
    options: dict[str, Any] = {"label": label, "help_text": spec.help, "required": False}
    if spec.kind in (*typed.REFERENCES, typed.BANK):
        return _reference(spec, scope, **options)
    must = options | {"required": not spec.is_optional}
    if spec.kind == typed.FLAG:
        return FlagField(**options) if spec.is_optional else forms.BooleanField(**options)
    if spec.kind == typed.WHOLE:
        return forms.IntegerField(min_value=spec.low, max_value=spec.high, **must)
    if spec.kind == typed.AMOUNT:
        return AmountField(max_length=30, **must)
    if spec.kind == typed.TIME:
        return forms.TimeField(
            widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"), **must
        )
    if spec.kind == typed.DAY:
        return forms.DateField(widget=_day_input(), **must)
    if spec.kind == typed.CHOICE:
        return forms.ChoiceField(choices=list(spec.options()), **options)
    if spec.kind == typed.MANY and spec.is_ordered:
        return OrderField(choices=list(spec.options()), **options)
    if spec.kind == typed.MANY:
        return forms.MultipleChoiceField(choices=list(spec.options()), widget=_CHOSEN, **options)
    return forms.CharField(max_length=spec.high, **options)


def _day_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


@dataclass(frozen=True)
class Block:
    """One thing the form asks for: a field, or the steps of an approval."""

    label: Words
    field: forms.BoundField | None = None
    steps: Sequence[tuple[forms.BoundField, forms.BoundField]] = ()  # duties and people of each
    hint: Words = ""

    @property
    def is_many(self) -> bool:
        """Whether several of some words may be ticked."""
        return isinstance(self.field and self.field.field, forms.MultipleChoiceField)

    @property
    def is_ordered(self) -> bool:
        """Whether they are put in an order."""
        return isinstance(self.field and self.field.field, OrderField)

    @property
    def is_long(self) -> bool:
        """Whether there is so much to tick that it stands in columns."""
        return self.is_many and len(self.field.field.choices) > CHOICES_FEW  # type: ignore[union-attr]


class RuleForm(forms.Form):
    """A version of one line of settings: its values, from when to when, and on what ground."""

    def __init__(
        self, *args: Any, kind: Kind, scope: Scope, line: int | None = None, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.specs = kind.values.specs()
        self.steps: dict[str, int] = {}
        for name, spec in self.specs.items():
            if spec.kind == typed.STEPS:
                self._add_steps(name, spec)
            else:
                self.fields[name] = _field(spec, scope)
        if line is not None:
            for name in kind.keys:
                self.fields[name].disabled = True
        self.fields["valid_from"] = forms.DateField(
            label=_("生效日期"), widget=_day_input(), initial=clock.today
        )
        self.fields["valid_to"] = forms.DateField(
            label=_("失效日期"),
            widget=_day_input(),
            required=False,
            help_text=_("临时设置填写；到期后恢复此前的设置。"),
        )
        self.fields["source_note"] = forms.CharField(
            label=_("依据"), max_length=200, help_text=_("文号、会议纪要或审批单。")
        )

    def blocks(self) -> list[Block]:
        """What the page shows, in the order of the values; then the dates and the ground."""
        found = []
        for name in [*self.specs, *_DATED]:
            if name in self.steps:
                spec = self.specs[name]
                rows = [
                    (self[f"{name}_{number}_roles"], self[f"{name}_{number}_people"])
                    for number in range(1, self.steps[name] + 1)
                ]
                if not rows[0][0].is_hidden:
                    found.append(Block(spec.label, steps=rows, hint=spec.help))
            elif not self[name].is_hidden:
                found.append(Block(self[name].label, field=self[name]))
        return found

    def _add_steps(self, name: str, spec: Spec) -> None:
        self.steps[name] = int(spec.high)
        for number in range(1, int(spec.high) + 1):
            step = _now("第 %(number)s 步") % {"number": number}
            self.fields[f"{name}_{number}_roles"] = forms.MultipleChoiceField(
                label=step,
                choices=list(spec.options()),
                widget=_CHOSEN,
                required=False,
            )
            self.fields[f"{name}_{number}_people"] = forms.IntegerField(
                label=_now("%(step)s人数") % {"step": step},
                min_value=1,
                max_value=9,
                required=False,
            )

    def clean(self) -> dict[str, Any]:
        """Steps as one value; a step with only half of it filled is named."""
        given = super().clean() or {}
        for name, most in self.steps.items():
            found = []
            for number in range(1, most + 1):
                roles, people = (
                    given.pop(f"{name}_{number}_{one}", None) for one in ("roles", "people")
                )
                if bool(roles) != bool(people):
                    self.add_error(f"{name}_{number}_people", _now("角色与人数须同时填写"))
                elif roles:
                    found.append([roles, people])
            given[name] = found
        for name, spec in self.specs.items():
            if spec.kind == typed.MANY and spec.is_optional and not given.get(name):
                given[name] = None
        return given

    def keep_only_dates(self) -> None:
        """For a withdrawal: what the line says stays as it is and is not shown."""
        for name in [name for name in self.fields if name not in ("valid_from", "source_note")]:
            self.fields[name].disabled = True
            self.fields[name].widget = (
                forms.MultipleHiddenInput()
                if isinstance(self.fields[name], forms.MultipleChoiceField)
                else forms.HiddenInput()
            )

    def place_of(self, name: str) -> str | None:
        """The field an error belongs to; steps show it at their first."""
        if name in self.steps:
            return f"{name}_1_roles"
        return name if name in self.fields else None

    def values(self) -> dict[str, Any]:
        """What the values of the kind are read from."""
        return {name: self.cleaned_data.get(name) for name in self.specs}


def initial_of(values: Values, *, start: date | None = None) -> dict[str, Any]:
    """What the form shows of a version."""
    shown: dict[str, Any] = {}
    for name, spec in values.specs().items():
        value = getattr(values, name)
        if spec.kind == typed.STEPS:
            for number, (roles, people) in enumerate(value, start=1):
                shown[f"{name}_{number}_roles"] = list(roles)
                shown[f"{name}_{number}_people"] = people
        elif spec.kind == typed.FLAG and spec.is_optional:
            shown[name] = "" if value is None else str(int(value))
        else:
            shown[name] = list(value) if isinstance(value, tuple) else value
    return shown | ({"valid_from": start} if start else {})
