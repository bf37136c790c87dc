"""The proposal of a setting as its page shows it: the difference, from when on, and what it would have changed."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.module_loading import import_string

from desk.words import said
from kernel import clock
from kernel.errors import DomainError
from kernel.scope import Scope
from masterdata.models import Company, StagedChange
from masterdata.services import dated
from masterdata.services.dated import Kind
from masterdata.services.strategy import StrategyKind
from masterdata.strategies import Strategies
from masterdata.typed import Values
from masterdata.views.rules import differences

DAYS = (1, 7, 14, 31)


def _inherited(kind: Kind, after: Values, day: date) -> Values | None:
    """What rules now where a new row of a topic is to rule: the parent's value, or the default."""
    if not isinstance(kind, StrategyKind) or kind.topic.merges:
        return None
    told = after.written()
    company = Company.objects.filter(pk=told.get("company") or 0).first()
    topic = kind.topic
    value = topic()
    if company is not None:
        value = Strategies(day).on(day).of(topic, company, told.get("subject", ""))[0]
    keys = {name: told[name] for name in kind.keys}
    return kind.values.read(value.written() | keys)


def _days(request: HttpRequest) -> int:
    given = request.GET.get("days", "")
    return int(given) if given in {str(one) for one in DAYS} else 7


def context(request: HttpRequest, change: StagedChange, scope: Scope) -> dict[str, Any]:
    """What the page of a proposed setting shows beside the change itself."""
    kind, proposal = dated.kind_named(change.kind), dated.proposal_of(change)
    after = kind.values.read(proposal.values)
    before = kind.values.read(change.before["values"]) if change.before else None
    shown = before or _inherited(kind, after, proposal.valid_from)
    told = {
        "kind": kind,
        "proposal": proposal,
        "is_new": before is None,
        "is_alone": shown is None,
        "lines": differences(None, shown or after)
        if proposal.is_withdrawn
        else differences(shown, after),
        "day_choices": DAYS,
        "days": _days(request),
        "starts": max(proposal.valid_from, clock.today()),
    }
    if change.state != StagedChange.State.PROPOSED:
        return told
    try:
        look = import_string(settings.RULE_FORESIGHT)
        told["foresight"] = look(change, days=told["days"], scope=scope)
    except DomainError as error:
        told["contradicts"] = said(error)
    return told
