"""What screening looks at: past payments to these payees, and who stands behind their accounts. System look-ups."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import connection
from django.db.models import Q

from kernel.clock import Calendar
from masterdata import payee_selectors as payees
from payments.checks.papers import Paper
from payments.checks.screening import Neighbours, Past, Scene
from payments.models import PaymentOrder
from payments.rule_selectors import lifted_hits, thresholds

HABIT = 24  # so many of the newest payments to an account make its habit

_PAST = """
    SELECT n.number, o.amount, o.currency, o.released_at, o.payee_version, o.order_no
    FROM unnest(%s::text[]) AS n(number)
    CROSS JOIN LATERAL (
        SELECT amount, currency, COALESCE(released_at, created_at) AS released_at, payee_version, order_no
        FROM payments_paymentorder
        WHERE payee_number = n.number AND shown_state = 'succeeded'
        ORDER BY created_at DESC LIMIT %s
    ) o
"""


def past_payments(numbers: Collection[str]) -> dict[str, list[Past]]:
    """The newest payments to each of these account numbers, newest first; numbers never paid are absent."""
    found: dict[str, list[Past]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_PAST, [sorted(numbers), HABIT])
        for number, *row in cursor.fetchall():
            found.setdefault(number, []).append(Past(*row))
    return found


def scene_for(papers: Sequence[Paper], *, now: datetime, calendar: Calendar) -> Scene:
    """Everything screening needs to judge these orders."""
    ids = [paper.order_id for paper in papers if paper.order_id]
    alike = payees.numbers_of_names({paper.name_key for paper in papers})
    numbers = {paper.payee_number for paper in papers}
    past = past_payments(numbers.union(*alike.values()))
    rows = PaymentOrder.objects.filter(pk__in=ids)
    odd = rows.filter(Q(kind=PaymentOrder.Kind.INTERNAL) | Q(is_free_typed=True))
    marks = list(odd.values_list("pk", "kind", "is_free_typed"))
    return Scene(
        now=now,
        calendar=calendar,
        past=past,
        other_numbers={
            key: sorted(number for number in known if number in past)
            for key, known in alike.items()
        },
        neighbours=_neighbours(papers),
        versions=dict(rows.values_list("pk", "payee_version")),
        free_typed=frozenset(pk for pk, _, is_typed in marks if is_typed),
        internal=frozenset(pk for pk, kind, _ in marks if kind == PaymentOrder.Kind.INTERNAL),
        thresholds=thresholds(now.date()),
        lifted=lifted_hits(ids),
    )


def _neighbours(papers: Sequence[Paper]) -> dict[int, Neighbours]:
    around = payees.surroundings(
        numbers={paper.payee_number for paper in papers},
        names={paper.payee_name for paper in papers},
        account_ids={p.payee_account_id for p in papers if p.payee_account_id is not None},
    )
    found = {}
    for paper in papers:
        partner = around.partners.get(paper.payee_account_id or 0)
        own_id = partner.counterparty_id if partner is not None else 0
        holders = [
            h for h in around.holders.get(paper.payee_number, ()) if h.counterparty_id != own_id
        ]
        is_employee = partner is not None and partner.is_employee
        employee = next((holder.name for holder in holders if holder.is_employee), "")
        if not employee and paper.name_key in around.employees:
            employee = paper.payee_name
        found[paper.order_id] = Neighbours(
            vendors=tuple(holder.name for holder in holders if not holder.is_employee),
            own_company=around.owners.get(paper.payee_number, ""),
            employee="" if is_employee else employee,
        )
    return found
