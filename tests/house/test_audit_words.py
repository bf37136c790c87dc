"""Every kind of act the code records reads in words on screen; an examiner never meets a name of the code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from audit.words import words_of

ROOT = Path(__file__).parents[2]
APPS = "approvals audit bankbridge desk erpbridge ledger masterdata payments receipts reconciliation statements treasury yqlink"
RECORDS = ("record", "Fact", "record_batch")


def recorded(tree: ast.Module) -> Iterator[str]:
    """The events a module records, where the call or a name of the module says them; of an f-string its end."""
    names = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        if getattr(node.func, "attr", getattr(node.func, "id", "")) not in RECORDS:
            continue
        said = node.args[0]
        said = names.get(said.id, said) if isinstance(said, ast.Name) else said
        for one in (said.body, said.orelse) if isinstance(said, ast.IfExp) else (said,):
            last = one.values[-1] if isinstance(one, ast.JoinedStr) else one
            if isinstance(last, ast.Constant) and "." in str(last.value):
                yield str(last.value)


def test_every_event_the_code_records_has_words():
    events = {
        event
        for app in APPS.split()
        for path in (ROOT / app).rglob("*.py")
        for event in recorded(ast.parse(path.read_text("utf-8")))
    }

    assert len(events) > 140
    assert {event for event in events if words_of(event) == event} == set()
