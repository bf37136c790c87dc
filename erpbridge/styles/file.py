"""Style 3, files: a data file, then its manifest; claimed by rename, answered by an ack file, the same file answered again.

DOMAIN §7, style 3. Names: `{type}_{company}_{yyyymmdd}_{seq6}.{csv|txt|xml}` and the same stem with `.mf` and `.ack`.
Types: pay, pain (an SAP's pain.001), master, receipt, vack, hold come in; result, statement, voucher, notice, partner go out, in the
forms of `file_forms`.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from erpbridge.contract import Checked, Delivery, Kind, Outgoing
from erpbridge.models import ErpSystem
from erpbridge.services import counting, lanes, publish, refusals, taking
from erpbridge.styles import file_forms, flat, folders, signed, u8_files
from kernel import clock
from kernel.durable import write_whole
from kernel.errors import DomainError, InvalidInput

MANIFEST_MAX = 64 * 1024
DATA_MAX = 16 * 1024 * 1024
FILES_MAX = 200  # answered in one tick
NAME = re.compile(
    r"(?P<type>[a-z]{1,20})_(?P<company>[A-Za-z0-9-]{1,20})_(?P<day>\d{8})_(?P<seq>\d{6})\.(?P<form>csv|txt|xml|xlsx)"
)
KINDS_IN = {
    "pay": Kind.PAYMENT_REQUEST,
    "pain": Kind.PAYMENT_REQUEST,
    "master": Kind.MASTER_DATA,
    "receipt": Kind.RECEIPT,
    "vack": Kind.VOUCHER_ACK,
    "hold": Kind.HOLDING,
}
TYPE_OF = {
    Kind.PAYMENT_RESULT: "result",
    Kind.STATEMENT: "statement",
    Kind.VOUCHER: "voucher",
    Kind.ARRIVAL_NOTICE: "notice",
    Kind.MASTER_DATA: "partner",
}
PER_FILE = 500
WAIT_MAX_S = 600  # a manifest that waits longer for its turn or its data wants a person


class Refused(ValueError):
    """A manifest or its file that is not taken: it goes to `err` with this code and reason."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Early(Exception):
    """Not this one yet: its data file is on its way, or one with a lower number is missing."""


_CODES: dict[type[Exception], str] = {
    signed.BadSignature: "signature",
    folders.NotAFile: "not_a_file",
}


def root_of(system: ErpSystem) -> Path:
    """The folder of a system. Raises InvalidInput unless it is set and absolute."""
    root = Path(str(system.settings.get("root", "")))
    if not root.is_absolute():
        raise InvalidInput(
            "文件交换目录应为绝对路径", "the folder wants an absolute path", field="root"
        )
    return root


def poll(system: ErpSystem) -> int:
    """Take what lies ready, oldest number first; returns how many files were answered. One caller at a time a system."""
    root = root_of(system)
    folders.prepare(root)
    answered = 0
    for path in [*folders.listed(root / "work", ".mf"), *folders.listed(root / "in", ".mf")]:
        if answered >= FILES_MAX:
            break
        try:
            answered += _take(system, root, path)
        except Early:
            _note_waiting(system, path)
    if system.profile == ErpSystem.Profile.U8:
        answered += u8_files.read_results(system, root)
    return answered


def _note_waiting(system: ErpSystem, path: Path) -> None:
    try:
        waited_s = time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return
    if waited_s > WAIT_MAX_S:
        lanes.alarm_waiting(system, name=path.stem)


def _take(system: ErpSystem, root: Path, path: Path) -> int:
    """One manifest, from `in` or left in `work` by a caller that died; 1 when it was answered."""
    try:
        manifest = _manifest(system, path)
        name = _checked_name(manifest, path)
        _require_turn(system, name)
        data = _data(root, str(manifest["file"]), manifest)
    except FileNotFoundError:
        return 0  # another caller claimed it
    except (Refused, signed.BadSignature, folders.NotAFile) as refusal:
        code = _CODES.get(type(refusal)) or str(getattr(refusal, "code", ""))
        _refuse(system, root, path, code, str(refusal))
        return 1
    if path.parent.name == "in":
        folders.move(path.parent / str(manifest["file"]), root / "work")
        if not folders.move(path, root / "work"):
            return 0
    _answer(system, root, name, manifest, data)
    return 1


def _manifest(system: ErpSystem, path: Path) -> dict[str, Any]:
    data = folders.read(path, bytes_max=MANIFEST_MAX)
    try:
        manifest = json.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise Refused("manifest", f"清单不是 UTF-8 的 JSON：{error}") from None
    if not isinstance(manifest, dict) or any(isinstance(v, float) for v in manifest.values()):
        raise Refused("manifest", "清单应为对象，数字以整数或字符串书写")
    wanted = {"file": str, "sha256": str, "bytes": int, "rows": int, "seq": int, "sums": dict}
    for field, kind in wanted.items():
        if not isinstance(manifest.get(field), kind) or isinstance(manifest[field], bool):
            raise Refused("manifest", f"清单缺少 {field} 或类型不符")
    try:
        signed.verify(signed.key_of(system), manifest)
    except TypeError:
        raise Refused("manifest", "清单含有小数或其他不能签名的值") from None
    return manifest


def _checked_name(manifest: Mapping[str, Any], path: Path) -> re.Match[str]:
    name = NAME.fullmatch(str(manifest["file"]))
    if name is None or Path(name.string).stem != path.stem:
        raise Refused("name", "文件名应为 类型_公司_日期_六位序号.csv/txt/xml/xlsx，并与清单同名")
    if name["type"] not in KINDS_IN:
        raise Refused("type", f"不接收 {name['type']} 类文件")
    if int(name["seq"]) != manifest["seq"] or manifest["seq"] < 1:
        raise Refused("seq", "清单的序号与文件名不符")
    return name


def _require_turn(system: ErpSystem, name: re.Match[str]) -> None:
    series = f"{name['type']}_{name['company']}_{name['day']}"
    if int(name["seq"]) > counting.last_taken(system, series=series) + 1:
        raise Early


def _data(root: Path, name: str, manifest: Mapping[str, Any]) -> bytes:
    """The data file's bytes, from `work` where a caller that died had claimed it, else from `in`."""
    for folder in ("work", "in"):
        try:
            data = folders.read(root / folder / name, bytes_max=DATA_MAX)
            break
        except FileNotFoundError:
            continue
    else:
        raise Early
    if len(data) != manifest["bytes"]:
        raise Refused("bytes", f"文件 {len(data)} 字节，清单写 {manifest['bytes']} 字节")
    if hashlib.sha256(data).hexdigest() != manifest["sha256"]:
        raise Refused("sha256", "文件内容与清单的 SHA-256 不符")
    return data


def _answer(
    system: ErpSystem, root: Path, name: re.Match[str], manifest: Mapping[str, Any], data: bytes
) -> None:
    stem, kind = Path(name.string).stem, KINDS_IN[name["type"]]
    refused: Refused | None = None
    try:
        rows = file_forms.read(
            system,
            data,
            kind=name["type"],
            name=name.string,
            encoding=str(manifest.get("encoding", "utf-8")),
        )
        _require_totals(rows.items, manifest, kind)
        delivery = Delivery(
            kind, stem, rows.items, style="file", origin=name.string, faults=rows.faults
        )
        reply, is_replay = taking.take(client=system.client, delivery=delivery)
    except flat.Unreadable as error:
        refused = Refused("unreadable", str(error))
    except Refused as error:
        refused = error
    except DomainError as error:  # the taking service has kept it for the monitor
        counting.pass_over(system, series=stem.rpartition("_")[0], number=int(name["seq"]))
        _put_aside(root, root / "work" / f"{stem}.mf", error.code, error.message)
        return
    if refused is not None:
        counting.pass_over(system, series=stem.rpartition("_")[0], number=int(name["seq"]))
        _refuse(system, root, root / "work" / f"{stem}.mf", refused.code, str(refused))
        return
    told = reply.body
    if name["type"] == "pain" and "results" in told:
        told = {**told, "results": _named(told["results"], rows.items)}
    _ack(system, root, stem, {"status": reply.status, "is_replay": is_replay, **told})
    settled = root / "err" / f"{stem}.why"  # of an earlier file under this number
    for left in (root / "work" / name.string, root / "work" / f"{stem}.mf", settled):
        folders.move(left, root / "archive")


def _named(results: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, str]]) -> list[Any]:
    """Results of a payment run, each with its document: its groups have lines in an order of their own."""
    return [
        {**one, **{name: rows[one["row"] - 1].get(name, "") for name in ("doc_no", "line_no")}}
        for one in results
    ]


def _require_totals(
    rows: Sequence[Mapping[str, str]], manifest: Mapping[str, Any], kind: Kind
) -> None:
    if len(rows) != manifest["rows"]:
        raise Refused("rows", f"文件 {len(rows)} 行，清单写 {manifest['rows']} 行")
    if kind != Kind.PAYMENT_REQUEST:
        return
    sums: dict[str, Decimal] = {}
    for row in rows:
        try:
            amount = Decimal(row.get("amount", ""))
        except InvalidOperation:
            continue  # the row's own fault; it counts nothing
        if not amount.is_finite():
            continue
        currency = row.get("currency", "CNY")
        sums[currency] = sums.get(currency, Decimal(0)) + amount
    told = {str(key): str(value) for key, value in manifest["sums"].items()}
    if {key: f"{value:.2f}" for key, value in sums.items()} != told:
        raise Refused("sums", "金额合计与清单不符")


def _ack(system: ErpSystem, root: Path, stem: str, content: Mapping[str, Any]) -> None:
    told = {"file": stem, **content}
    told["sign"] = signed.sign(signed.key_of(system), told)
    data = json.dumps(told, ensure_ascii=False, sort_keys=True, indent=1).encode()
    write_whole(root / "ack" / f"{stem}.ack", data)


def _refuse(system: ErpSystem, root: Path, path: Path, code: str, message: str) -> None:
    """Put the file aside, and keep the refusal for the monitor."""
    _put_aside(root, path, code, message)
    refusals.note_whole(
        system=system.client.name, style="file", name=path.stem, code=code, message=message
    )


def _put_aside(root: Path, path: Path, code: str, message: str) -> None:
    """To `err`, with code and reason beside it; the data file goes along."""
    why = json.dumps({"code": code, "message_zh": message}, ensure_ascii=False)
    write_whole(root / "err" / f"{path.stem}.why", why.encode())
    for form in ("csv", "txt", "xml", "xlsx"):
        for folder in ("in", "work"):
            folders.move(root / folder / f"{path.stem}.{form}", root / "err")
    folders.move(path, root / "err")


def deliver(system: ErpSystem) -> int:
    """Write what is due into files of one kind and company each; returns messages handed over."""
    root = root_of(system)
    folders.prepare(root)
    due = publish.claim_deliveries(client=system.client, limit=PER_FILE)
    groups: dict[tuple[Kind, str], list[tuple[int, Outgoing]]] = {}
    for pk, message in due:
        groups.setdefault((message.kind, message.company_code), []).append((pk, message))
    for (kind, company), members in groups.items():
        why = file_forms.unfit(system, kind, [message for _, message in members])
        unfit = {pk: why[one.message_id] for pk, one in members if one.message_id in why}
        for pk, reason in unfit.items():
            publish.note_not_delivered(ids=[pk], why=reason)
        if unfit:
            lanes.alarm_unfit(system, why=unfit)
        good = [(pk, one) for pk, one in members if pk not in unfit]
        if good:
            _write_out(system, root, kind, company, [message for _, message in good])
            publish.note_delivered(ids=[pk for pk, _ in good])
    return len(due)


def probe(system: ErpSystem) -> list[Checked]:
    """Whether the folders can be written, and the signing key is set."""
    try:
        root = root_of(system)
        folders.prepare(root)
        for name in folders.NAMES:
            trial = root / name / ".probe"
            write_whole(trial, b"")
            trial.unlink()
    except (OSError, DomainError) as error:
        return [Checked(_("交换目录"), False, str(error))]
    return [Checked(_("交换目录"), True, str(root)), signed.probe(system)]


def _write_out(
    system: ErpSystem, root: Path, kind: Kind, company: str, messages: Sequence[Outgoing]
) -> None:
    rows = file_forms.rows_of(messages)
    series = f"{TYPE_OF[kind]}_{company}_{clock.today():%Y%m%d}"
    number = _free_number(system, root, series)
    stem = f"{series}_{number:06d}"
    written = file_forms.write(system, root, kind, rows, stem=stem, number=number)
    manifest: dict[str, Any] = {
        "file": f"{stem}.{written.form}",
        "sha256": hashlib.sha256(written.data).hexdigest(),
        "bytes": len(written.data),
        "rows": len(rows),
        "sums": _sums(rows),
        "seq": number,
        "encoding": written.encoding,
        "schema": written.schema,
        "messages": [one.message_id for one in messages],
    }
    manifest["sign"] = signed.sign(signed.key_of(system), manifest)
    write_whole(root / "out" / f"{stem}.{written.form}", written.data)
    text = json.dumps(manifest, ensure_ascii=False, sort_keys=True).encode()
    write_whole(root / "out" / f"{stem}.mf", text)


def _free_number(system: ErpSystem, root: Path, series: str) -> int:
    """The next number no file of the series has: after a restore the first ones of the day were written already."""
    while True:
        number = counting.next_out(system, series=series)
        if not any((root / "out").glob(f"{series}_{number:06d}.*")):
            return number


def _sums(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    sums: dict[str, Decimal] = {}
    for row in rows:
        if row.get("amount"):
            key = str(row.get("currency", "CNY"))
            sums[key] = sums.get(key, Decimal(0)) + Decimal(str(row["amount"]))
    return {key: f"{value:.2f}" for key, value in sorted(sums.items())}
