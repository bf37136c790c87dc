"""The tables of moves: what is absent stays absent, in the code and in the database; the docs say the same."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction

from kernel.states import IllegalMove
from payments.models import PaymentInstruction, PaymentOrder
from payments.states import INSTRUCTION, ORDER, RANK, InstructionState, OrderState
from tests.build_payments import a_draft, released
from yqlink.drawing import pages

S = InstructionState


def _jump(table: str, pk: int, state: str) -> None:
    """Put a row into a state no service would, with the triggers off, for this transaction's experiment."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(f"UPDATE {table} SET state = %s WHERE id = %s", [state, pk])
        cursor.execute("SET LOCAL session_replication_role = origin")


@pytest.mark.parametrize(("flow", "states"), [(ORDER, OrderState), (INSTRUCTION, InstructionState)])
def test_a_move_the_table_lacks_is_refused(flow, states):
    for name, source in product({one.name for one in flow.moves}, states):
        if not flow.allows(name, source):
            with pytest.raises(IllegalMove):
                flow.target(name, source)


@pytest.mark.parametrize(
    ("flow", "model", "table"),
    [
        (ORDER, PaymentOrder, "payments_paymentorder"),
        (INSTRUCTION, PaymentInstruction, "payments_paymentinstruction"),
    ],
)
def test_the_database_allows_exactly_the_edges_of_the_table(world, flow, model, table):
    row = a_draft(world) if model is PaymentOrder else released(world)
    accepted, refusals = set(), set()

    for source, target in product(flow.states, flow.states):
        if source == target:
            continue
        try:
            with transaction.atomic():
                _jump(table, row.pk, source)
                model.objects.filter(pk=row.pk).update(state=target)
                accepted.add((source, target))
                raise _Undo
        except _Undo:
            continue
        except DatabaseError as error:
            refusals.add(str(error).split()[0:2] == ["illegal", "move"])

    assert accepted == {edge for edge in flow.edges() if edge[0] != edge[1]}
    assert refusals == {True}


class _Undo(Exception):
    pass


def test_an_unknown_payment_is_never_queued_again():
    assert S.QUEUED not in INSTRUCTION.reachable(S.UNKNOWN)


def test_only_a_hand_back_lowers_the_rank():
    lowering = {
        (one.name, source)
        for one in INSTRUCTION.moves
        for source in one.sources
        if S.DISPUTED not in (source, one.target) and RANK[S(one.target)] < RANK[S(source)]
    }

    assert lowering == {("hand_back", S.SENDING)}


def test_an_instruction_is_never_deleted_nor_its_number_changed(world):
    row = released(world)

    with pytest.raises(DatabaseError), transaction.atomic():
        PaymentInstruction.objects.filter(pk=row.pk).delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        PaymentInstruction.objects.filter(pk=row.pk).update(instr_no="Y00000000001")

    assert PaymentInstruction.objects.filter(instr_no=row.instr_no).count() == 1


def test_the_drawn_states_are_current():
    folder = Path(__file__).resolve().parents[2] / "docs" / "states"

    for name, text in pages().items():
        assert (folder / name).read_text("utf-8") == text, "run manage.py draw_states"
