"""Typed values in words: how a field of settings reads on a page, whatever it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, time
from typing import Any

from django.utils.translation import gettext as _

from masterdata import typed
from masterdata.models import Bank
from masterdata.owners import owner_words, person_words
from masterdata.roles import ROLE_NAMES
from masterdata.typed import Spec, Values


def step_words(said: Sequence[Any]) -> str:
    """Steps of an approval as a sentence of duties and numbers; none means release right after the check."""
    parts = []
    for roles, people in said:
        names = _("或").join(str(name) for role, name in ROLE_NAMES.items() if role in roles)
        parts.append(_("%(roles)s %(people)s 人") % {"roles": names, "people": people})
    return " → ".join(parts) or _("免审批")


def bank_words(prefix: str) -> str:
    """A bank by its name, the common rules where none is named."""
    bank = Bank.objects.filter(pk=prefix).first() if prefix else None
    return bank.name if bank is not None else prefix or _("各银行")


def _many(spec: Spec, value: Any) -> str:
    words = {one: str(word) for one, word in spec.options()}
    between = " → " if spec.is_ordered else "、"
    return between.join(words.get(one, one) for one in value) or _("全部")


def _choice(spec: Spec, value: Any) -> str:
    return {one: str(word) for one, word in spec.options()}.get(value, str(value))


_WORDS: dict[str, Callable[[Spec, Any], str]] = {
    typed.FLAG: lambda spec, value: _("是") if value else _("否"),
    typed.WHOLE: lambda spec, value: f"{value} {spec.unit}",
    typed.AMOUNT: lambda spec, value: f"{value:,.2f}",
    typed.TIME: lambda spec, value: f"{value:%H:%M}" if isinstance(value, time) else str(value),
    typed.DAY: lambda spec, value: value.isoformat() if isinstance(value, date) else str(value),
    typed.TEXT: lambda spec, value: str(value) or "—",
    typed.CHOICE: _choice,
    typed.MANY: _many,
    typed.STEPS: lambda spec, value: step_words(value),
    typed.COMPANY: lambda spec, value: owner_words(value),
    typed.ACCOUNT: lambda spec, value: owner_words(None, value),
    typed.PERSON: lambda spec, value: person_words(value),
    typed.BANK: lambda spec, value: bank_words(value),
}
_NOTHING: dict[str, Callable[[], str]] = {
    typed.COMPANY: lambda: _("全集团"),
    typed.ACCOUNT: lambda: _("全部"),
    typed.PERSON: lambda: _("全部"),
}


def text_of(spec: Spec, value: Any) -> str:
    """One value in words; what is not said here reads as a dash, or as all of them."""
    if value is None:
        return _NOTHING.get(spec.kind, lambda: "—")()
    return _WORDS[spec.kind](spec, value)


def said_of(values: Values, names: Sequence[str]) -> list[tuple[str, str]]:
    """Label and words of some fields."""
    specs = values.specs()
    return [(str(specs[name].label), text_of(specs[name], getattr(values, name))) for name in names]
