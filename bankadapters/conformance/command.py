"""`python -m bankadapters conform --bank X | --all`: plays the scenarios and writes the report."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from bankadapters import registry
from bankadapters.conformance import report, scenario
from bankadapters.conformance.bench import bank_bench
from bankadapters.conformance.running import play_at_bank, play_simulated
from bankadapters.conformance.scenario import Result, Scenario, Verdict


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--bank", metavar="NAME")
    which.add_argument("--all", action="store_true", help="every bank that has a simulator")
    which.add_argument("--scenarios", action="store_true", help="print the scenarios and end")
    parser.add_argument(
        "--url", default="", help="a bank's test front-end instead of the simulator"
    )
    parser.add_argument(
        "--connection",
        type=Path,
        metavar="FILE",
        help="JSON for it: endpoints, parameters, secrets, accounts (two of ours)",
    )
    parser.add_argument("--only", default="", metavar="TEXT", help="scenarios whose name holds it")
    parser.add_argument("--report", type=Path, metavar="FILE.md|FILE.json")


def chosen(only: str) -> list[Scenario]:
    """The scenarios whose name or group holds the text. Raises ValueError for none."""
    found = [
        one for one in scenario.load() if only in one.name or only.lower() == one.group.lower()
    ]
    if not found:
        raise ValueError(f"no scenario holds {only!r} in its name")
    return found


def conform(options: argparse.Namespace) -> int:
    """Play, print a line for each, write the report; 0 when nothing failed. Raises ValueError, UnknownBank, OSError."""
    scenarios = chosen(options.only)
    if options.scenarios:
        for one in scenarios:
            sys.stdout.write(f"{one.group:<12}{report.words(one)}: {one.about}\n")
        return 0
    slugs = registry.slugs() if options.all else [options.bank]
    for slug in slugs:
        registry.adapter_class(slug)
    if options.url or options.connection:
        if options.all:
            raise ValueError("one bank at a time: --bank NAME")
        described = json.loads(options.connection.read_text("utf-8")) if options.connection else {}
        results = play_at_bank(bank_bench(slugs[0], described, options.url), scenarios, tell=_tell)
    else:
        results = play_simulated(slugs, scenarios, tell=_tell)
    results.sort(key=lambda one: (scenarios.index(one.scenario), one.bank))
    if options.report:
        options.report.write_text(_report(options, results), "utf-8")
    return _summary(results)


def _report(options: argparse.Namespace, results: Sequence[Result]) -> str:
    if options.report.suffix == ".json":
        return report.as_json(results)
    return report.table(results) if options.all else report.detail(results)


def _tell(result: Result) -> None:
    why = f"  {result.why}" if result.why else ""
    sys.stdout.write(
        f"{result.bank:<8}{result.verdict.value:<8}{report.words(result.scenario)}{why}\n"
    )
    sys.stdout.flush()


def _summary(results: Sequence[Result]) -> int:
    counts = {one: sum(r.verdict is one for r in results) for one in Verdict}
    sys.stdout.write(
        ", ".join(f"{count} {one.value}" for one, count in counts.items() if count) + "\n"
    )
    for one in results:
        if one.verdict is Verdict.FAILED:
            sys.stdout.write(f"FAILED {one.bank}: {report.words(one.scenario)}: {one.why}\n")
    return 1 if counts[Verdict.FAILED] else 0
