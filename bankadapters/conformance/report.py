"""Reports: a table of all banks, and for one bank every scenario with what was sent and what came."""

from __future__ import annotations

import json
from collections.abc import Sequence

from bankadapters import registry
from bankadapters.conformance.scenario import Result, Scenario, Seen, Verdict

MARKS = {Verdict.PASSED: "✓", Verdict.FAILED: "✗", Verdict.ABSENT: "–", Verdict.NOT_RUN: "·"}
SHOWN_CHARS = 1200
EXCHANGES_MAX = 12


def words(scenario: Scenario) -> str:
    """A scenario's name as words."""
    return scenario.name.replace("_", " ")


def table(results: Sequence[Result]) -> str:
    """The document of all banks: one line a scenario, one column a bank; what failed and what is absent, with reasons."""
    slugs = sorted({one.bank for one in results})
    by_key = {(one.scenario.name, one.bank): one for one in results}
    scenarios = list({one.scenario.name: one.scenario for one in results}.values())
    lines = [
        "# Conformance",
        "",
        "Written by `python -m bankadapters conform --all --report docs/conformance.md`: every adapter against its bank's simulator,",
        "which shares no wire code with it. `--bank X --connection FILE --url URL` runs the same at a bank's own test front-end;",
        "`--report FILE` with `--bank` writes each exchange as well.",
        "",
        "✓ passed · ✗ failed · – the bank has no such ability or limit",
        "",
        f"{len(scenarios)} scenarios, {len(slugs)} banks, "
        + ", ".join(f"{sum(r.verdict is v for r in results)} {v.value}" for v in (Verdict.PASSED, Verdict.FAILED, Verdict.ABSENT)),
    ]  # fmt: skip
    group = ""
    for scenario in scenarios:
        if scenario.group != group:
            group = scenario.group
            lines += ["", f"## {group}", "", "| scenario | " + " | ".join(slugs) + " |"]
            lines.append("| --- |" + " :-: |" * len(slugs))
        marks = [
            MARKS[by_key[scenario.name, slug].verdict] if (scenario.name, slug) in by_key else ""
            for slug in slugs
        ]
        lines.append(f"| **{words(scenario)}** {scenario.about} | " + " | ".join(marks) + " |")
    lines += _reasons(results)
    return "\n".join(lines) + "\n"


def _reasons(results: Sequence[Result]) -> list[str]:
    lines: list[str] = []
    for verdict, title in ((Verdict.FAILED, "Failed"), (Verdict.ABSENT, "Absent")):
        said: dict[tuple[str, str], list[str]] = {}
        for one in results:
            if one.verdict is verdict:
                said.setdefault((words(one.scenario), one.why), []).append(one.bank)
        if said:
            lines += ["", f"## {title}", ""]
            lines += [
                f"- {name}: {why} ({', '.join(banks)})" for (name, why), banks in said.items()
            ]
    return lines


def detail(results: Sequence[Result]) -> str:
    """The report of one bank: each scenario, its verdict, and the exchanges, secrets masked."""
    slug = results[0].bank
    profile = registry.profile(slug)
    lines = [f"# {profile.name_zh} {profile.name_en} ({slug})", ""]
    for one in results:
        lines += [f"## {MARKS[one.verdict]} {words(one.scenario)}", "", one.scenario.about, ""]
        if one.why:
            lines += [f"{one.verdict.value}: {one.why}", ""]
        for seen in one.exchanges[:EXCHANGES_MAX]:
            lines += _exchange(seen, profile.charset)
        if len(one.exchanges) > EXCHANGES_MAX:
            lines += [f"… and {len(one.exchanges) - EXCHANGES_MAX} more exchanges", ""]
    return "\n".join(lines)


def _exchange(seen: Seen, charset: str) -> list[str]:
    lines = [f"`{seen.operation}` sent:", "", *_block(seen.sent, charset)]
    if seen.came:
        lines += ["came:", "", *_block(seen.came, charset)]
    if seen.error:
        lines += [f"error: {seen.error}", ""]
    return lines


def _block(data: bytes, charset: str) -> list[str]:
    text = data.decode(charset, "backslashreplace").replace("```", "'''")
    cut = f"\n… {len(text)} characters" if len(text) > SHOWN_CHARS else ""
    return ["```", text[:SHOWN_CHARS] + cut, "```", ""]


def as_json(results: Sequence[Result]) -> str:
    """One object a scenario, without the exchanges."""
    rows = [
        {"bank": r.bank, "scenario": r.scenario.name, "group": r.scenario.group, "verdict": r.verdict.value, "why": r.why}
        for r in results
    ]  # fmt: skip
    return json.dumps(rows, ensure_ascii=False, indent=1)
