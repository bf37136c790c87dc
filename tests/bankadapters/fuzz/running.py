"""Runs damaged answers through the decoders: `python -m tests.bankadapters.fuzz.running --executions 200000 --seed 1`.

What must hold of each: nothing but the declared errors comes out; nothing hangs; an answer to a submission never calls a
payment paid; and blunt damage shows no end of a payment that the whole answer did not tell.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from bankadapters import registry
from bankadapters.contract import BankAdapter, Connection, Fate
from bankadapters.dialect import PAYMENTS
from bankadapters.errors import BankError
from kernel import clock
from kernel.secrets import Secret
from tests.bankadapters.fuzz.corpus import START, Sample, collected, distinct
from tests.bankadapters.fuzz.mutations import BLUNT, WILD, Damage

ENDS = frozenset({Fate.SUCCEEDED, Fate.FAILED, Fate.RETURNED})
SLOW_S = 5.0


class Broken(AssertionError):
    """A decoder did what none may do; says with which bytes."""


@dataclass
class Tally:
    """What came of the executions."""

    by_bank: Counter[str] = field(default_factory=Counter)
    by_end: Counter[str] = field(default_factory=Counter)
    slowest_s: float = 0.0
    slowest: str = ""


@lru_cache
def reader(bank: str) -> BankAdapter:
    """An adapter that only reads, set as the simulator's clients are."""
    from bankadapters.simulator.__main__ import bank_class

    told: Any = bank_class(bank).admits
    secrets = {name: Secret(value) for name, value in told.get("secrets", {}).items()}
    endpoints = {"main": "http://127.0.0.1:9/"}
    return registry.open(Connection(bank, endpoints, told.get("parameters", {}), secrets))


def execute(sample: Sample, damage: Damage, seed: int) -> str:
    """One damaged answer, with its question and without. What came: read, or the error's name. Raises Broken."""
    damaged = damage(sample.answer, random.Random(seed))
    adapter, ends = reader(sample.bank), []
    for ask in (
        lambda: adapter.read(sample.operation, damaged),
        lambda: _asked(adapter, sample, damaged),
    ):
        try:
            reading = ask()
        except BankError as error:
            ends.append(type(error).__name__)
            continue
        except Exception as error:
            raise _broken(sample, damage, seed, damaged, f"raised {error!r}") from error
        _require_honest(sample, damage, seed, damaged, reading.outcomes)
        ends.append("read")
    return ends[-1]


def _asked(adapter: Any, sample: Sample, damaged: bytes) -> Any:
    """As a live answer is taken: with the question, at the edge where errors are sorted."""
    return adapter.read(sample.operation, damaged, asked=sample.asked)


def _require_honest(
    sample: Sample, damage: Damage, seed: int, damaged: bytes, outcomes: Sequence[Any]
) -> None:
    known: dict[str, set[Fate]] = {}
    for reference, fate in sample.fates:
        known.setdefault(reference, set()).add(fate)
    for one in outcomes:
        if one.reference not in known:
            continue  # nobody's: what was not asked about is dropped
        if sample.operation in PAYMENTS and one.fate in (Fate.SUCCEEDED, Fate.RETURNED):
            raise _broken(
                sample,
                damage,
                seed,
                damaged,
                f"a submission's answer calls {one.reference} {one.fate}",
            )
        if damage in BLUNT and one.fate in ENDS and one.fate not in known[one.reference]:
            said = [str(fate) for fate in known[one.reference]]
            raise _broken(
                sample, damage, seed, damaged, f"{one.reference} is {one.fate}, was {said}"
            )


def _broken(sample: Sample, damage: Damage, seed: int, damaged: bytes, why: str) -> Broken:
    file = Path(tempfile.gettempdir()) / f"fuzz-{sample.bank}-{sample.operation}-{seed}.bin"
    file.write_bytes(damaged)
    return Broken(
        f"{sample.bank} {sample.operation} {damage.__name__} seed {seed}: {why}; bytes in {file}"
    )


def plan(
    samples: Sequence[Sample], executions: int, seed: int
) -> Iterator[tuple[Sample, Damage, int]]:
    """Which answers are damaged how: every bank, operation and damage in turn, the rest as the seed draws."""
    draw, by_bank = random.Random(seed), {}
    for one in samples:
        by_bank.setdefault(one.bank, []).append(one)
    banks = sorted(by_bank)
    for number in range(executions):
        mine = by_bank[banks[number % len(banks)]]
        turn = number // len(banks)
        yield mine[turn % len(mine)], WILD[(turn // len(mine)) % len(WILD)], draw.getrandbits(32)


def run(samples: Sequence[Sample], executions: int, seed: int, *, tell: bool = False) -> Tally:
    """All of the plan; an execution is one damaged answer through one decoder, read and asked. Raises Broken."""
    tally = Tally()
    with clock.fixed(START):
        for sample, damage, one in plan(samples, executions, seed):
            began = time.process_time()
            end = execute(sample, damage, one)
            took = time.process_time() - began  # what others do on the machine is not its fault
            tally.by_bank[sample.bank] += 1
            tally.by_end[end] += 1
            if took > tally.slowest_s:
                tally.slowest_s = took
                tally.slowest = f"{sample.bank} {sample.operation} {damage.__name__} seed {one}"
    return tally


def main() -> int:
    """The command; 1 when a decoder broke."""
    options = argparse.ArgumentParser(
        prog="python -m tests.bankadapters.fuzz.running", description=__doc__
    )
    options.add_argument("--executions", type=int, default=200_000)
    options.add_argument("--seed", type=int, default=1)
    told = options.parse_args()
    with tempfile.TemporaryDirectory() as home:
        samples = list(
            distinct(
                [*collected(Path(home) / "good"), *collected(Path(home) / "odd", faults="quirks")]
            )
        )
    began = time.perf_counter()
    try:
        tally = run(samples, told.executions, told.seed)
    except Broken as broken:
        sys.stdout.write(f"BROKEN {broken}\n")
        return 1
    banks = ", ".join(f"{bank} {count}" for bank, count in sorted(tally.by_bank.items()))
    ends = ", ".join(f"{count} {end}" for end, count in tally.by_end.most_common())
    sys.stdout.write(
        f"{sum(tally.by_bank.values())} executions over {len(samples)} answers in {time.perf_counter() - began:.0f} s: {banks}\n"
        f"ends: {ends}\nslowest {tally.slowest_s:.2f} s of CPU ({tally.slowest})\n"
    )
    return 1 if tally.slowest_s > SLOW_S else 0


if __name__ == "__main__":
    sys.exit(main())
