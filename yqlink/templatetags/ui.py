"""Template tags every page uses: figures, accounts, states, icons, addresses, and the shell's menu."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import template
from django.http import QueryDict
from django.template.context import Context
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from desk import formats, selectors
from desk.words import said as in_words
from desk.words import words_of
from kernel import clock
from kernel.errors import DomainError
from kernel.money import amount_in_words
from masterdata.roles import ROLE_NAMES, Role
from yqlink.workspace.hops import Hop, hops_of
from yqlink.workspace.menu import Section, visible_menu

register = template.Library()


@register.simple_tag
def money(amount: Decimal | None, currency: str = "") -> SafeString:
    """{% money row.amount %}: thousands separators, two decimals, a dash for unknown."""
    return formats.money_html(amount, currency)


@register.filter
def figure(amount: Decimal | None) -> str:
    """{{ amount|figure }}: the same figure as plain text, for labels and attributes."""
    return formats.money_text(amount)


@register.filter
def words(amount: Decimal | None) -> str:
    """{{ amount|words }}: 大写金额."""
    return amount_in_words(amount) if amount is not None else formats.UNKNOWN_FIGURE


@register.simple_tag
def masked_account(number: str) -> SafeString:
    """{% masked_account number %}: first four and last four."""
    return formats.account_html(number)


@register.simple_tag
def full_account(number: str) -> SafeString:
    """{% full_account number %}: groups of four, copies without blanks."""
    return formats.account_html(number, full=True)


@register.simple_tag
def state(value: str, note: str = "") -> SafeString:
    """{% state order.state %}: icon, word and tone."""
    return formats.state_html(str(value), note)


@register.filter
def said(error: DomainError) -> str:
    """{{ error|said }}: a refusal in the viewer's language."""
    return in_words(error)


@register.filter
def as_json(value: object) -> str:
    """Plain values as JSON, for an attribute a script reads."""
    return json.dumps(value, default=dict)  # what is lazy is a mapping when asked


@register.filter
def state_word(value: str) -> str:
    """{{ order.state|state_word }}: the word alone."""
    return str(words_of(str(value)).word)


@register.simple_tag
def icon(name: str) -> SafeString:
    """{% icon "search" %}: one of icons.svg."""
    return formats.icon_html(name)


@register.filter
def day(value: date | None) -> str:
    """{{ value|day }}: 2026-11-23."""
    return formats.day_text(value)


@register.filter
def moment(value: datetime | None) -> str:
    """{{ value|moment }}: 2026-11-23 09:30, Shanghai."""
    return formats.time_text(value)


@register.filter
def second(value: datetime | None) -> str:
    """{{ value|second }}: 2026-11-23 09:30:07, Shanghai."""
    return formats.second_text(value)


@register.simple_tag(takes_context=True)
def hops(context: Context, order_no: str) -> list[Hop]:
    """{% hops order.order_no as road %}: the five hops of a payment of the viewer's, each with its times and numbers."""
    return hops_of(order_no, scope=context["request"].scope)


@register.simple_tag(takes_context=True)
def query(context: Context, **changes: Any) -> str:
    """{% query sort="-amount" after=None %}: the present querystring with these keys set, or dropped when None."""
    keys: QueryDict = context["request"].GET.copy()
    for key, value in changes.items():
        if value is None or value == "":
            keys.pop(key, None)
        else:
            keys[key] = str(value)
    return f"?{keys.urlencode()}"


@register.simple_tag
def differing(mine: str, theirs: str) -> tuple[SafeString, SafeString]:
    """{% differing a b as two %}: both texts, the characters the other lacks marked."""
    return formats.differing_html(str(mine), str(theirs))


@register.simple_tag
def business_day() -> str:
    """{% business_day %}: today by the platform's clock."""
    return formats.day_text(clock.today())


@register.simple_tag
def business_time() -> str:
    """{% business_time %}: HH:MM by the platform's clock."""
    return clock.now().strftime("%H:%M")


@register.simple_tag(takes_context=True)
def menu(context: Context) -> list[Section]:
    """{% menu as sections %}: what the viewer may open, with the present page marked."""
    request = context["request"]
    scope = getattr(request, "scope", None)
    return visible_menu(scope, path=request.path) if scope is not None else []


@register.simple_tag(takes_context=True)
def row_history(context: Context, kind: str, ref: object) -> SafeString:
    """{% row_history "payment" order.order_no %}: for examiners the way to the history of an object's rows; nothing for others."""
    scope = getattr(context.get("request"), "scope", None)
    if scope is None or not scope.has("audit.read"):
        return SafeString()
    address = f"{reverse('audit:rows')}?{urlencode({'kind': kind, 'ref': ref})}"
    return format_html('<a class="btn" href="{}">{}</a>', address, gettext("变更历史"))


@register.simple_tag(takes_context=True)
def unread(context: Context) -> int:
    """{% unread as count %}: unread notifications of the viewer."""
    user = getattr(context["request"], "user", None)
    return (
        selectors.unread_count(user_id=user.pk) if user is not None and user.is_authenticated else 0
    )


@register.simple_tag(takes_context=True)
def duties(context: Context) -> str:
    """{% duties %}: the viewer's duties in words."""
    request = context.get("request")
    held = request.scope.roles if request is not None and hasattr(request, "scope") else ()
    return "、".join(str(ROLE_NAMES[Role(role)]) for role in held)
