"""Style 3 from the finance system's end: data file, manifest, acknowledgement files."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from erpbridge.simulator.sides.base import Item, signature

TYPES = {
    "payment_request": "pay",
    "master_data": "master",
    "receipt": "receipt",
    "voucher_ack": "vack",
}


class FileSide:
    """Writes into `in`, reads `ack`, `err` and `out` of one exchange folder."""

    def __init__(
        self, root: Path, *, key: str, company: str, day: str, encoding: str = "utf-8"
    ) -> None:
        self.root, self.key, self.company, self.day, self.encoding = (
            root,
            key,
            company,
            day,
            encoding,
        )
        self.stems: dict[str, str] = {}
        self.numbers: dict[str, int] = {}

    def _stem(self, kind: str, key: str) -> str:
        if key not in self.stems:
            self.numbers[kind] = self.numbers.get(kind, 0) + 1
            number = self.numbers[kind]
            self.stems[key] = f"{TYPES[kind]}_{self.company}_{self.day}_{number:06d}"
        return self.stems[key]

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
        data = self._csv(items)
        manifest: dict[str, Any] = {
            "file": f"{stem}.csv",
            "sha256": hashlib.sha256(data).hexdigest(),
            "bytes": len(data),
            "rows": len(items),
            "sums": self._sums(items),
            "seq": int(stem[-6:]),
            "encoding": self.encoding,
            "schema": 1,
        }
        manifest.update(spoil or {})
        manifest.setdefault("sign", signature(self.key, manifest))
        self.put(f"{stem}.csv", data)
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
        rows: list[dict[str, Any]] = []
        for path in sorted((self.root / "out").glob("*.mf")):
            manifest = json.loads(path.read_text("utf-8"))
            if manifest["sign"] != signature(self.key, manifest):
                raise ValueError(f"{path.name} is not signed by the platform")
            data = (path.parent / manifest["file"]).read_bytes()
            if hashlib.sha256(data).hexdigest() != manifest["sha256"]:
                raise ValueError(f"{manifest['file']} was altered")
            text = data.decode(manifest["encoding"])
            rows += [dict(row) for row in csv.DictReader(io.StringIO(text, newline=""))]
        return rows

    def acknowledge(self, message_ids: Sequence[str]) -> None:
        """A file of the type `receipt`."""
        if message_ids:
            key = "receipt:" + hashlib.sha256("|".join(message_ids).encode()).hexdigest()[:16]
            self.send([{"message_id": one} for one in message_ids], key=key, kind="receipt")
