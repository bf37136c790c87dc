"""`python -m erpbridge.simulator.u8_tool --root DIR [--watch]`: the import tool of a 用友 U8, as far as a demo needs one.

Takes the voucher files in `out`, numbers their vouchers by type and month, writes the result behind every line, and lays the
file where results are fetched. A voucher that does not balance is refused. Plain Python; shares nothing with the platform.
"""

from __future__ import annotations

import argparse
import json
import re
import signal
import sys
import time
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from types import FrameType

HEADER = "填制凭证,V800"
_POLL_S = 2.0
Key = tuple[str, str, str]  # month, type and business number of a voucher


class Tool:
    """The tool with the numbers it gave; they stand in a file beside the exchange folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.kept = root / "u8_numbers.json"
        self.state: dict[str, int] = (
            json.loads(self.kept.read_text("utf-8")) if self.kept.exists() else {}
        )

    def run(self) -> int:
        """Import every file that has no result yet; returns how many."""
        done = 0
        for path in sorted((self.root / "out").glob("voucher_*.txt")):
            mark = self.root / "out_ack" / path.name
            seen = self.root / "archive" / path.name
            if f"file:{path.name}" in self.state or mark.exists() or seen.exists():
                continue
            scratch = mark.with_suffix(".part")
            scratch.write_bytes(self.imported(path.read_bytes()))
            self.state[f"file:{path.name}"] = 1
            self.kept.write_text(json.dumps(self.state, ensure_ascii=False), "utf-8")
            scratch.replace(mark)
            done += 1
        return done

    def imported(self, data: bytes) -> bytes:
        """The file with its result behind every line. Raises ValueError for what is no voucher file."""
        head, *lines = data.decode("gbk").rstrip("\r\n").split("\r\n")
        if head != HEADER:
            raise ValueError(f"the first line is not {HEADER}")
        ends: dict[Key, str] = {}
        sums: dict[Key, Decimal] = {}
        for line in lines:
            cells = line.split(",")
            key = (cells[0][:7], cells[1], cells[2])
            sums[key] = sums.get(key, Decimal(0)) + _side(cells, 6) - _side(cells, 7)
        for key, rest in sums.items():
            ends[key] = (
                ",导入失败:借贷不平" if rest else f",导入成功:{key[1]}-{self._next(key):04d}"
            )
        told = [line + ends[(c[0][:7], c[1], c[2])] for line in lines if (c := line.split(","))]
        return ("\r\n".join([head, *told]) + "\r\n").encode("gbk")

    def _next(self, key: Key) -> int:
        name = f"{key[0]}:{key[1]}"
        self.state[name] = self.state.get(name, 0) + 1
        return self.state[name]


@dataclass
class Imported:
    """What the tool said of one voucher, with its entry lines."""

    key: str
    voucher_type: str
    number: str = ""
    error: str = ""
    lines: list[dict[str, str]] = field(default_factory=list)


def told(data: bytes) -> list[Imported]:
    """The vouchers of a file the tool has been over."""
    found: dict[str, Imported] = {}
    for line in data.decode("gbk").rstrip("\r\n").split("\r\n")[1:]:
        cells = line.split(",")
        key = ":".join((cells[0][:7], cells[1], cells[2]))
        one = found.setdefault(key, Imported(key, cells[1]))
        word, _, rest = cells[-1].partition(":")
        if word == "导入成功":
            one.number = rest
        else:
            one.error = rest
        fields = [*cells[:-1], *[""] * 21]
        one.lines.append(
            {
                "day": fields[0], "description": fields[4], "subject": fields[5], "debit": fields[6], "credit": fields[7], "bill_no": fields[13],
                "supplier": fields[18],
            }
        )  # fmt: skip
    return list(found.values())


def _side(cells: list[str], place: int) -> Decimal:
    text = cells[place] if place < len(cells) else ""
    return Decimal(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else Decimal(0)


def _stop(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m erpbridge.simulator.u8_tool")
    parser.add_argument("--root", type=Path, required=True, help="the exchange folder")
    parser.add_argument("--watch", action="store_true", help="go on until SIGTERM")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, _stop)
    tool = Tool(options.root)
    while True:
        done = tool.run()
        if done:
            print(f"imported {done} file(s)", flush=True)
        if not options.watch:
            return 0
        time.sleep(_POLL_S)


if __name__ == "__main__":
    sys.exit(main())
