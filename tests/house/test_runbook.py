"""Every kind of case the code opens has its words and its page of the runbook, and none is there for nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from desk.runbook import RUNBOOK, SECTIONS
from desk.words import CASE_KINDS

ROOT = Path(__file__).parents[2]
APPS = "audit bankbridge desk erpbridge ledger masterdata payments receipts reconciliation statements treasury yqlink"


def texts(tree: ast.Module) -> Iterator[str]:
    """Every text in a module; docstrings are longer than any kind."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def opened(tree: ast.Module) -> Iterator[str]:
    """The kinds a module opens cases under, where the call or a name of the module says them."""
    names = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            names[node.targets[0].id] = node.value
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
            pairs = zip(node.targets[0].elts, getattr(node.value, "elts", ()), strict=False)
            names |= {getattr(name, "id", ""): value for name, value in pairs}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if called in ("open_case", "NewCase", "alarm", "_exception"):
            said = [word.value for word in node.keywords if word.arg == "kind"]
            for value in said:
                value = names.get(value.id, value) if isinstance(value, ast.Name) else value
                if isinstance(value, ast.Constant):
                    yield str(value.value)


def test_every_kind_has_words_and_steps_and_every_entry_is_opened_somewhere():
    trees = [
        ast.parse(path.read_text("utf-8"))
        for app in APPS.split()
        for path in (ROOT / app).rglob("*.py")
        if path.name not in ("runbook.py", "words.py")
    ]
    kinds = {kind for tree in trees for kind in opened(tree) if "." in kind}
    said = {text for tree in trees for text in texts(tree)}

    assert len(kinds) > 30
    assert kinds <= set(RUNBOOK)
    assert set(RUNBOOK) == set(CASE_KINDS)
    assert set(RUNBOOK) <= said


def test_every_entry_stands_in_one_section_and_says_what_to_do():
    begins = [begin for _title, ones in SECTIONS for begin in ones]

    for kind, entry in RUNBOOK.items():
        assert sum(kind.startswith(one) for one in begins) == 1, kind
        assert str(entry.means)
        assert all(str(step) for step in entry.steps)
        assert entry.steps
