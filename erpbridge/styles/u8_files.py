"""Vouchers to 用友 U8 by file: the text 总账工具 imports goes to `out`, comes back with its result to `out_ack`.

What was sent is kept in `archive`, so that the returned file is believed only where it still says the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from erpbridge.contract import Delivery, Kind
from erpbridge.models import ErpSystem
from erpbridge.profiles import u8
from erpbridge.services import taking
from erpbridge.styles import folders
from kernel.durable import write_whole

BYTES_MAX = 8 * 1024 * 1024


def keep(root: Path, stem: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """What a file says, kept before it leaves."""
    kept = json.dumps(list(rows), ensure_ascii=False).encode()
    write_whole(root / "archive" / f"{stem}.rows", kept)


def read_results(system: ErpSystem, root: Path) -> int:
    """Take what the import tool wrote back; returns files answered. An altered file goes to `err` with its reason."""
    form = u8.ResultForm(**system.settings.get("u8_result", {}))
    answered = 0
    for path in folders.listed(root / "out_ack", ".txt"):
        kept = root / "archive" / f"{path.stem}.rows"
        try:
            data = folders.read(path, bytes_max=BYTES_MAX)
            sent = json.loads(folders.read(kept, bytes_max=BYTES_MAX))
            told = u8.read_back(sent, data, form)
        except (u8.Unfit, folders.NotAFile, FileNotFoundError, UnicodeDecodeError) as error:
            write_whole(root / "err" / f"{path.stem}.why", str(error).encode())
            folders.move(path, root / "err")
            continue
        answered += _take(system, path.stem, data, sent, told)
        folders.move(path, root / "archive")
    return answered


def _take(
    system: ErpSystem,
    stem: str,
    data: bytes,
    sent: Sequence[Mapping[str, str]],
    told: Sequence[u8.ReadBack],
) -> int:
    company_of = {row["posting_key"]: row["company_code"] for row in sent}
    items = [
        {
            "company_code": company_of[one.posting_key],
            "posting_key": one.posting_key,
            "result": "OK" if one.number else "ERR",
            "erp_voucher_no": one.number,
            "reason": one.error,
        }
        for one in told
        if one.number or one.error
    ]
    if not items:
        return 0
    key = f"u8:{stem}:{hashlib.sha256(data).hexdigest()[:12]}"
    taking.take(client=system.client, delivery=Delivery(Kind.VOUCHER_ACK, key, items, style="file"))
    return 1
