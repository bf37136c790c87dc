"""Messages of every bank: worded and read by the adapters, beside lxml alone parsing the very same bytes.

The answers are those the simulators give (`tests.bankadapters.fuzz.corpus`), the questions those they answered. Where an
answer is no XML document, or stands in a form or behind a header, lxml gets the document inside; where there is none, there
is nothing to stand beside.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from lxml import etree

from bankadapters.errors import BankError
from benchmarks import rig
from kernel import clock

if TYPE_CHECKING:
    from tests.bankadapters.fuzz.corpus import Sample

RUNS = 5


def per_second(call: Callable[[], object], *, seconds: float) -> float:
    """How often a call can be made in a second: the median of several runs."""
    found = []
    for _ in range(RUNS):
        count, began = 0, time.perf_counter()
        while (took := time.perf_counter() - began) < seconds / RUNS:
            call()
            count += 1
        found.append(count / took)
    return statistics.median(found)


def document(answer: bytes) -> bytes | None:
    """The XML document lxml can parse of an answer, in UTF-8; None where there is none."""
    begin, end = answer.find(b"<"), answer.rfind(b">")
    text = answer[begin : end + 1].decode("gb18030", "replace") if end > begin >= 0 else ""
    if text.startswith("<?xml"):
        text = text[text.index("?>") + 2 :]
    data = text.strip().encode()
    try:
        etree.fromstring(data)
    except etree.XMLSyntaxError:
        return None
    return data


def widest(samples: Iterable[Sample]) -> dict[str, Sample]:
    """Of each bank its longest answer; of several files in one the longest file."""
    from bankadapters.folders import LISTED, opened

    found: dict[str, Sample] = {}
    for sample in samples:
        files = [one.data for one in opened(sample.answer) if one.name != LISTED]
        one = replace(sample, answer=max(files, key=len, default=b""))
        if one.bank not in found or len(one.answer) > len(found[one.bank].answer):
            found[one.bank] = one
    return found


def measured(seconds: float) -> list[rig.Line]:
    """Lines of every bank: reading its longest answer, wording a payment."""
    from bankadapters.dialect import PAYMENTS
    from tests.bankadapters.fuzz.corpus import START, collected, distinct
    from tests.bankadapters.fuzz.running import reader

    with tempfile.TemporaryDirectory() as home:
        samples = list(distinct(collected(Path(home))))
    lines: list[rig.Line] = []
    with clock.fixed(START):
        for bank, one in sorted(widest(samples).items()):
            adapter, inside = reader(bank), document(one.answer)
            reading = per_second(
                lambda a=adapter, s=one: a.read(s.operation, s.answer), seconds=seconds
            )
            bare = (
                None
                if inside is None
                else per_second(lambda d=inside: etree.fromstring(d), seconds=seconds)
            )
            words = f"{bank}: {one.operation} of {len(one.answer):,} bytes read"
            lines.append(_beside(words, reading, bare))
            paid = next(
                s for s in samples if s.bank == bank and s.operation in PAYMENTS and s.asked
            )
            request = paid.asked
            try:
                sent = adapter.write(request)
            except BankError:
                continue
            writing = per_second(lambda a=adapter, r=request: a.write(r), seconds=seconds)
            inside = document(sent)
            bare = (
                None
                if inside is None
                else per_second(lambda d=inside: etree.fromstring(d), seconds=seconds)
            )
            lines.append(
                _beside(f"{bank}: {paid.operation} of {len(sent):,} bytes worded", writing, bare)
            )
    return lines


def _beside(words: str, value: float, bare: float | None) -> rig.Line:
    if bare is None:
        return rig.Line(words, value, "messages/s")
    return rig.Line(words, value, "messages/s", "lxml alone parses them", bare, value / bare)


def main() -> int:
    """A process of its own."""
    parser = rig.size_arguments()
    options = parser.parse_args()
    rig.tell([*measured(options.size / 1000), rig.memory("all adapters and their corpus")])
    return 0


def run(url: str, *, milliseconds: int) -> list[rig.Line]:
    """Every bank's messages, each for so long."""
    return rig.child("benchmarks.messages", url, "--size", str(milliseconds))


if __name__ == "__main__":
    raise SystemExit(main())
