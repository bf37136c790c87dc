"""GOAL 1 as a table: sizes, ratios, growth, memory, and the scores of the command line at the largest size."""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks import rig
from benchmarks.reconciliation import MEMORY_MAX_MB, PEERS
from benchmarks.reconciliation_sets import SAMPLES, make_set

FLOOR_RATIO_MAX, SQL_RATIO_MIN, PARSER_RATIO_MIN, MCP_RATIO_MIN = 1.3, 1.7, 60.0, 1000.0
ORDER_MAX, RECALL_MIN = 1.05, 0.97
PARSER_LINES, MCP_LINES = 100_000, 4_000
MODULE = "benchmarks.reconciliation"


def run(
    url: str, *, base: str, sizes: Sequence[int], seeds: Sequence[int], home: Path
) -> list[rig.Line]:
    """End to end at each size; the packages at theirs, where they are installed; scores of each seed at the largest."""
    lines: list[rig.Line] = []
    took: dict[int, float] = {}
    for size in sizes:
        folder = make_set(home / f"set-{size}", seed=seeds[0], lines=size)
        of_size, took[size] = _end_to_end(url, base=base, folder=folder, size=size)
        lines += of_size
    small, large = sizes[0], sizes[-1]
    order = math.log(took[large] / took[small]) / math.log(large / small)
    lines.append(
        rig.Line(
            f"growth {small:,} → {large:,}: n to the power of",
            order,
            "",
            goal=ORDER_MAX,
            at_most=True,
        )
    )
    if small >= PARSER_LINES:
        lines += _packages(url, home)
    for seed in seeds:
        folder = home / f"set-{large}"
        if seed != seeds[0]:
            make_set(folder, seed=seed, lines=large)
        lines += _scored(folder, seed=seed, lines=large)
    shutil.rmtree(home / f"set-{large}")
    return lines


def _end_to_end(url: str, *, base: str, folder: Path, size: int) -> tuple[list[rig.Line], float]:
    own = rig.database(url, f"bench_reconciliation_{size}", template=base)

    def way(name: str) -> dict[str, rig.Line]:
        arguments = ("--way", name, "--set", str(folder), "--url", own)
        return {line.what: line for line in rig.child(MODULE, own, *arguments)}

    loaded = way("load")
    floor, sql, alone, ours = way("floor"), way("sql"), way("alone"), way("ours")
    wrong = way("wrong")
    seconds, is_large = ours["ours"].value, size >= PARSER_LINES
    told = f"{loaded['bank'].value:,.0f} × {loaded['book'].value:,.0f}"
    return [
        rig.Line(f"{told}: rows to committed matches", seconds, "s", "floor", floor["floor"].value,
                 seconds / floor["floor"].value, goal=FLOOR_RATIO_MAX if is_large else None, at_most=True),
        rig.Line(f"{told}: the same", seconds, "s", "set-based SQL", sql["sql"].value, sql["sql"].value / seconds, goal=SQL_RATIO_MIN if is_large else None),
        *_cpu(told, ours["ours cpu"].value, {"floor": floor["floor cpu"].value, "set-based SQL": sql["sql cpu"].value}),
        rig.Line(f"{told}: matches", ours["matches"].value, ""),
        rig.Line(f"{told}: matching alone, rows in memory", alone["alone"].value, "s", "CPU", alone["alone cpu"].value),
        *(
            rig.Line(f"{told}: pairs of lines that do not belong together, {name}", wrong[one].value, "",
                     goal=0 if one == "ours" else None, at_most=True)
            for one, name in (("ours", "ours"), ("floor", "floor"), ("sql", "set-based SQL"))
        ),
        *(line for name, line in ours.items() if name.startswith("peak memory")),
    ], seconds  # fmt: skip


def _cpu(told: str, ours: float, others: dict[str, float]) -> list[rig.Line]:
    """CPU time of client and server, which a busy machine does not change."""
    return [
        rig.Line(f"{told}: CPU, client and server", ours, "s", name, cpu_s, ours / cpu_s)
        for name, cpu_s in others.items()
    ]


def _packages(url: str, home: Path) -> list[rig.Line]:
    """Matching alone beside two packages, at the sizes they can take."""
    found = []
    for package, name, way, size, goal in (
        ("bankstatementparser", "bankstatementparser", "parser", PARSER_LINES, PARSER_RATIO_MIN),
        ("reconcile_mcp", "reconcile-mcp", "mcp", MCP_LINES, MCP_RATIO_MIN),
    ):
        if not (PEERS / package).is_dir():
            found.append(rig.Line(f"{name} is not installed (make bench installs it)", 0, ""))
            continue
        folder = make_set(home / f"set-{way}", seed=1, lines=size)
        ours, theirs = (
            {
                line.what: line.value
                for line in rig.child(MODULE, url, "--way", one, "--set", str(folder))
            }
            for one in ("alone", way)
        )
        found.append(
            rig.Line(
                f"matching alone, {size:,} bank lines",
                ours["alone"],
                "s",
                name,
                theirs[way],
                theirs[way] / ours["alone"],
                goal=goal,
            )
        )
        found.append(
            rig.Line(
                f"matching alone, {size:,} bank lines, CPU",
                ours["alone cpu"],
                "s",
                name,
                theirs[f"{way} cpu"],
                theirs[f"{way} cpu"] / ours["alone cpu"],
                goal=goal,
            )
        )
    return found


def _scored(folder: Path, *, seed: int, lines: int) -> list[rig.Line]:
    """`manage.py reconcile` over the set, its time and memory, and what the scorer says. Raises AssertionError on a wrong match."""
    command = [
        sys.executable,
        "manage.py",
        "reconcile",
        "--bank",
        str(folder / "bank.csv"),
        "--book",
        str(folder / "book.csv"),
    ]
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    began = time.perf_counter()
    child = subprocess.Popen(
        [*command, "--out", str(folder / "matches.csv")],
        cwd=rig.ROOT,
        stdout=subprocess.DEVNULL,
        env=kept,
    )
    _, status, usage = os.wait4(child.pid, 0)
    took = time.perf_counter() - began
    scorer = [
        sys.executable,
        str(SAMPLES / "score_reconciliation.py"),
        str(folder),
        str(folder / "matches.csv"),
    ]
    told = json.loads(subprocess.run(scorer, capture_output=True, text=True, check=False).stdout)
    if status or told["wrong"] or told["entry_used_twice"]:
        raise AssertionError(f"seed {seed} at {lines} lines: {told}")
    return [
        rig.Line(f"seed {seed}, {lines:,} lines: precision", told["precision"], "", goal=1.0),
        rig.Line(f"seed {seed}, {lines:,} lines: recall", told["recall"], "", goal=RECALL_MIN),
        rig.Line(f"seed {seed}, {lines:,} lines: manage.py reconcile, files to file", took, "s"),
        rig.Line(
            "peak memory, manage.py reconcile",
            usage.ru_maxrss / 1024,
            "MB",
            goal=MEMORY_MAX_MB,
            at_most=True,
        ),
    ]
