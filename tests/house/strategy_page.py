"""`python -m tests.house.strategy_page`: writes docs/strategy.md from the settings themselves and from the acts that prove them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from tests.house.translations import translated as _translated

PATH = Path(__file__).resolve().parents[2] / "docs" / "strategy.md"
HEAD = """# Strategy

What a group decides about its payments is data: the approval matrix, limits, and topics by company code and account subject or
by bank. Written by `python -m tests.house.strategy_page` from the settings themselves; a test keeps it current.

- **Where.** 风控 → 审批矩阵, 限额, 策略; 基础数据 → 路由与限额. A list shows what is in force on any day, and what comes.
- **Who.** A system administrator proposes, another natural person with the same duty decides. What rules the whole group wants
  an administrator of every company. Whoever works with payments may read; nobody who moves money may change.
- **When.** A version rules from its day on, at the earliest from the day it is decided; one with an end gives way to the version
  before it. No version is ever altered or deleted: the database refuses, and a row altered behind its back carries a wrong
  MAC and stops what it rules.
- **For whom.** The nearest row rules whole: account subject of a company, company, its parents, the group; then the default. Routes
  alone are filled field by field from the row common to all banks.
- **Before deciding.** The page of a proposal runs it on the payments of the last 1, 7, 14 or 31 days beside the settings of now, and
  lists each payment whose approval steps, hold, refusal or route would have been another.
- **Afterwards.** Each instruction keeps the versions it met at its release, each message to the bank those it met at sending; the
  payment's page names them, each a link to the line's history.

In the last column two values of a field and what happens under them, everything else alike: the tests in `tests/acts` run exactly
these, and a field without such a test fails the build.
"""
translated = cache(_translated)
_KEYED = {
    "subject": "by company and account subject",
    "company": "by company",
    "bank": "by bank, each field from the bank's own row or the row common to all",
}
_TAKES = {
    "flag": "yes or no",
    "time": "a time of day",
    "day": "a day",
    "steps": "up to five steps: duties, and how many people",
    "company": "a company",
    "account": "an own account",
    "person": "a person",
    "bank": "a bank",
}


def _takes(spec: Any) -> str:
    if spec.kind in _TAKES:
        return _TAKES[spec.kind]
    if spec.kind == "whole":
        return f"{spec.low} to {spec.high} {_english(spec.unit)}".strip()
    if spec.kind == "amount":
        return "an amount"
    if spec.kind == "text":
        return f"a text of {spec.high} characters at most"
    if callable(spec.choices):
        return "several of a list"
    words = ", ".join(f"`{value}`" for value, _word in spec.choices if value)
    return f"any of {words}" if spec.kind == "many" else f"one of {words}"


def _plain(value: Any) -> str:
    """A value or what happens, in as few words as it takes."""
    if value is None or value in ("", [], ()):
        return "—"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_plain(one) for one in value)
    return " ".join(_plain(one) for one in value) if isinstance(value, tuple) else str(value)


def _english(word: Any) -> str:
    """The word as locale/en has it, whether or not that is compiled."""
    found = translated().get(str(word))
    return str(found.string) if found is not None and found.string else str(word)


def _two(word: Any) -> str:
    """A word in Chinese and in English."""
    chinese, english = str(word), _english(word)
    return chinese if chinese == english else f"{chinese} {english}"


def _section(kind: Any, acts: dict[tuple[str, str], Any]) -> Iterator[str]:
    yield f"\n## {_two(kind.title)}\n"
    topic = getattr(kind, "topic", None)
    keyed = f" ({_KEYED[topic.keyed_by]})" if topic is not None else ""
    yield f"`{kind.name}`{keyed}: {_two(kind.about)}\n"
    yield "| field | called | takes | default | effect |\n| --- | --- | --- | --- | --- |"
    plain, seen = kind.values(), []
    for name, spec in kind.values.specs().items():
        if (kind.name, name) not in acts:
            continue  # a key of a topic: the lines above say what it is
        act = acts[kind.name, name]
        effect = "; ".join(
            f"{_plain(value)} → {_plain(happens)}" for value, happens in (act.one, act.other)
        )
        seen.append(" ".join((act.see.__doc__ or "").split()))
        default = _plain(plain.written()[name])
        hint = f" ({_two(spec.help)})" if spec.help else ""
        yield f"| `{name}` | {_two(spec.label)}{hint} | {_takes(spec)} | {default} | {effect} |"
    yield "\nEffect: " + " ".join(dict.fromkeys(one for one in seen if one))


def page() -> str:
    """The whole page."""
    from django.utils.translation import override

    from masterdata.services.dated import kinds
    from tests.acts.every import ACTS

    acts = {(act.kind, act.field): act for act in ACTS}
    with override("zh-hans"):
        lines = [line for kind in kinds().values() for line in _section(kind, acts)]
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yqlink.settings.test")
    django.setup()
    PATH.write_text(page(), "utf-8")
