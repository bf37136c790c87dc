"""The rows themselves: each as the database held it, with the change that wrote it, in the chain. For verify.py beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from verify_keys import fields, need, sha256

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT")


def _same(told: Any, held: str | None) -> bool:
    """Whether a value of the bundle is the row's; moments and structures are written in another form and left out."""
    if isinstance(told, bool):
        return held == ("t" if told else "f")
    if told is None or told == "":
        return not held
    if isinstance(told, dict | list) or _MOMENT.match(str(told)):
        return True
    return str(told) == held


def _told(bundle: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every row the bundle tells of, with its table."""
    yield "payments.paymentorder", bundle.json("order.json")
    for one in bundle.json("instructions.json"):
        yield "payments.paymentinstruction", one
    for tie in bundle.json("statement.json"):
        yield "statements.statemententry", tie["entry"]
    for voucher in bundle.json("vouchers.json"):
        yield "ledger.voucher", voucher
        for line in voucher["lines"]:
            yield "ledger.voucherline", line


def check_rows(bundle: Any, check_link: Any) -> None:
    """Order, instructions, statement entries and vouchers are the rows the database held, and the chain names each."""
    book = bundle.json("rows.json")
    links = {one["seq"]: one for one in book["links"]}
    for link in links.values():
        check_link(link)
    rows = {(one["label"], str(one["id"])): one for one in book["rows"]}
    for label, said in _told(bundle):
        where = f"rows.json#{label}#{said['id']}"
        row = rows.get((label, str(said["id"])))
        need(row, where, "缺少该行 / the row is missing")
        if row is not None:
            _check_row(row, said, links, where)


def _check_row(row: Any, said: dict[str, Any], links: Any, where: str) -> None:
    change = row["change"]
    mark = f" h{change['id']}:{sha256(change['text'].encode())} "
    link = links.get(change["link"], {"entries": ""})
    need(mark in f" {link['entries']} ", where, "变更不在链上 / its change is not in the chain")
    need(
        sha256(row["text"].encode()) in change["text"],
        where,
        "行内容与其变更不符 / not as it was left",
    )
    need(row["table"] in change["text"], where, "变更属于别的表 / of another table")
    held = dict(zip(row["columns"], fields(row["text"]), strict=True))
    need(held[row["key"]] == str(row["id"]), where, "不是该行 / another row")
    for name, value in said.items():
        same = name not in held or _same(value, held[name])
        need(same, where, f"{name} 与数据库行不符 / not what the row says")
