"""Style 3 from the finance system's end: data file, manifest, acknowledgement files."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

from erpbridge.simulator.sides.base import Item, Side, signature
from erpbridge.simulator.u8_tool import Tool, told

if TYPE_CHECKING:
    from erpbridge.simulator.books import Books

TYPES = {
    "payment_request": "pay",
    "master_data": "master",
    "receipt": "receipt",
    "voucher_ack": "vack",
    "holding": "hold",
}


class FileSide(Side):
    """Writes into `in`, reads `ack`, `err` and `out` of one exchange folder; `stems` remembers the file of each delivery."""

    def __init__(
        self,
        root: Path,
        *,
        key: str,
        company: str,
        day: Callable[[], str],
        encoding: str = "utf-8",
        stems: MutableMapping[str, str] | None = None,
    ) -> None:
        self.root, self.key, self.company, self.day = root, key, company, day
        self.encoding = encoding
        self.stems: MutableMapping[str, str] = {} if stems is None else stems
        self.numbers: dict[str, int] = {}
        self._read: dict[str, list[dict[str, Any]]] = {}

    def _stem(self, kind: str, key: str) -> str:
        if key not in self.stems:
            series = f"{self.types(kind)}_{self.company}_{self.day()}"
            if series not in self.numbers:
                taken = [one for one in self.stems.values() if one.startswith(f"{series}_")]
                self.numbers[series] = max((int(one[-6:]) for one in taken), default=0)
            self.numbers[series] += 1
            self.stems[key] = f"{series}_{self.numbers[series]:06d}"
        return self.stems[key]

    def types(self, kind: str) -> str:
        """The type of file a kind of delivery goes in."""
        return TYPES[kind]

    def form(self, kind: str) -> str:
        """The form of its data file."""
        return "csv"

    def data(self, items: Sequence[Item], kind: str, stem: str) -> bytes:
        """The bytes of its data file."""
        return self._csv(items)

    def holds(self, key: str, kind: str) -> bool:
        """Whether its manifest lies, or lay, where the platform finds it."""
        if key not in self.stems:
            return False
        return any(
            (self.root / folder / f"{self.stems[key]}.mf").exists()
            for folder in ("in", "work", "archive", "err")
        )

    def send(
        self,
        items: Sequence[Item],
        *,
        key: str,
        kind: str = "payment_request",
        spoil: Mapping[str, Any] | None = None,
    ) -> None:
        """Write data and manifest; `spoil` replaces manifest fields, as a faulty or hostile sender would."""
        stem = self._stem(kind, key)
        data, name = self.data(items, kind, stem), f"{stem}.{self.form(kind)}"
        manifest: dict[str, Any] = {
            "file": name,
            "sha256": hashlib.sha256(data).hexdigest(),
            "bytes": len(data),
            "rows": len(items),
            "sums": self._sums(items),
            "seq": int(stem[-6:]),
            "encoding": self.encoding,
            "schema": "1",
        }
        manifest.update(spoil or {})
        manifest.setdefault("sign", signature(self.key, manifest))
        self.put(name, data)
        self.put(f"{stem}.mf", json.dumps(manifest, ensure_ascii=False).encode())

    def put(self, name: str, data: bytes) -> None:
        """A whole file, visible at once."""
        folder = self.root / "in"
        folder.mkdir(parents=True, exist_ok=True)
        scratch = folder / f".{name}.part"
        with scratch.open("wb") as file:
            file.write(data)
            os.fsync(file.fileno())
        scratch.replace(folder / name)

    def _csv(self, items: Sequence[Item]) -> bytes:
        names = list(dict.fromkeys(name for item in items for name in item))
        target = io.StringIO(newline="")
        writer = csv.DictWriter(target, names or ["doc_no"])
        writer.writeheader()
        writer.writerows(items)
        return target.getvalue().encode(self.encoding)

    def _sums(self, items: Sequence[Item]) -> dict[str, str]:
        sums: dict[str, Decimal] = {}
        for item in items:
            if "amount" not in item:
                continue
            try:
                amount = Decimal(item["amount"])
            except InvalidOperation:
                continue
            if not amount.is_finite():
                continue
            currency = item.get("currency") or "CNY"
            sums[currency] = sums.get(currency, Decimal(0)) + amount
        return {currency: f"{total:.2f}" for currency, total in sums.items()}

    def answer(self, key: str) -> dict[str, Any] | None:
        """What stands in `ack` or `err` for this delivery."""
        stem = self.stems[key]
        ack, why = self.root / "ack" / f"{stem}.ack", self.root / "err" / f"{stem}.why"
        if why.exists():
            return {"refused": json.loads(why.read_text("utf-8"))["code"]}
        if not ack.exists():
            return None
        told: dict[str, Any] = json.loads(ack.read_text("utf-8"))
        if told["sign"] != signature(self.key, told):
            raise ValueError(f"{ack.name} is not signed by the platform")
        if "errors" in told:
            return {"refused": told["errors"][0]["code"]}
        return {"results": told["results"]}

    def fetch(self) -> list[dict[str, Any]]:
        """Rows of every file in `out` whose manifest holds."""
        for path in sorted((self.root / "out").glob("*.mf")):
            if path.name not in self._read:
                self._read[path.name] = self._rows_of(path)
        return [dict(row) for rows in self._read.values() for row in rows]

    def _rows_of(self, path: Path) -> list[dict[str, Any]]:
        manifest = json.loads(path.read_text("utf-8"))
        if manifest["sign"] != signature(self.key, manifest):
            raise ValueError(f"{path.name} is not signed by the platform")
        data = (path.parent / manifest["file"]).read_bytes()
        if hashlib.sha256(data).hexdigest() != manifest["sha256"]:
            raise ValueError(f"{manifest['file']} was altered")
        return self.read(data, manifest)

    def read(self, data: bytes, manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The rows of one file."""
        text = data.decode(manifest["encoding"])
        return [dict(row) for row in csv.DictReader(io.StringIO(text, newline=""))]

    def acknowledge(self, message_ids: Sequence[str]) -> None:
        """A file of the type `receipt`."""
        if message_ids:
            key = "receipt:" + hashlib.sha256("|".join(message_ids).encode()).hexdigest()[:16]
            if self.holds(key, "receipt"):
                return  # said already: files are read again and again, and say the same
            self.send([{"message_id": one} for one in message_ids], key=key, kind="receipt")


class U8FileSide(FileSide):
    """The same with a 用友 U8: vouchers come as the text its import tool takes, and their results go back in that file."""

    def read(self, data: bytes, manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Rows of a file; those of vouchers are the import tool's affair."""
        if str(manifest["file"]).startswith("voucher_"):
            return []
        return super().read(data, manifest)

    def import_vouchers(self, books: Books) -> int:
        """Let the tool take the files that came, then enter what it said of each voucher."""
        done = Tool(self.root).run()
        entered = books.memory("u8:")
        for folder in ("out_ack", "archive"):
            for path in sorted((self.root / folder).glob("voucher_*.txt")):
                if path.name in entered:
                    continue
                company = path.name.split("_")[1]
                with books.whole():
                    for one in told(path.read_bytes()):
                        books.enter_voucher(
                            f"{company}:{one.key}",
                            company=company,
                            series="",
                            voucher_type=one.voucher_type,
                            reason=one.error,
                            items=one.lines,
                            number=one.number,
                            is_told=True,
                        )
                    entered[path.name] = "entered"
        return done
