"""Ticks of the payment app."""

from __future__ import annotations

from celery import shared_task

from payments.services import booking
from payments.services.linked import advance_linked
from payments.services.outside import alarm_unproved
from payments.services.payee_control import follow_payees
from payments.services.waiting import follow_matrix, lift_cleared


@shared_task(queue="quiet", acks_late=True, ignore_result=True)
def tick_waiting(**_: object) -> None:
    """Let instructions go on whose cause of waiting went away."""
    lift_cleared()


@shared_task(queue="quiet", acks_late=True, ignore_result=True)
def tick_matrix(**_: object) -> None:
    """Let orders follow an approval matrix that changed since they were checked."""
    follow_matrix()


@shared_task(queue="quiet", acks_late=True, ignore_result=True)
def tick_linked(**_: object) -> None:
    """Let legs of linked payments go whose turn has come."""
    advance_linked()


@shared_task(queue="quiet", acks_late=True, ignore_result=True)
def tick_booking(**_: object) -> None:
    """Bring what was paid and what was returned into the books."""
    booking.keep_books()


@shared_task(queue="quiet", acks_late=True, ignore_result=True)
def tick_outside(**_: object) -> None:
    """Ask after payments outside the platform that no statement shows."""
    alarm_unproved()


@shared_task(queue="quiet", acks_late=True, ignore_result=True)
def tick_payees(**_: object) -> None:
    """Send back orders whose payee account changed after they were submitted."""
    follow_payees()
