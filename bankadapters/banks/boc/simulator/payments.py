"""Payments at the Bank of China: transfers to companies and persons, quick agency payment, and the words they get."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from datetime import datetime

from bankadapters.banks.boc.simulator.fields import (
    DETAIL,
    PAYROLL,
    PERSONAL,
    REASONS,
    TRANSFER,
    day_of,
    month_after,
    server_time,
    status,
)  # fmt: skip
from bankadapters.simulator.bank import Refusal, World
from bankadapters.simulator.instructions import Detail, Order
from bankadapters.simulator.wire import fen, first_fault, tag, text_of
from bankadapters.simulator.world import Told
from kernel import clock


def transfer(world: World, head: ET.Element, wrapper: ET.Element) -> str:
    code = text_of(head, "trncod")
    kind = text_of(wrapper, "transtype")
    if kind not in ("", "0", "1", "2"):
        raise Refusal("B998", "transtype 格式错误")
    if kind == "2":
        raise Refusal("S917")
    orders = []
    for number, item in enumerate(wrapper.iterfind(f"{code}-rq"), 1):
        fault = first_fault(TRANSFER, item) or (
            first_fault(PERSONAL, item) if code == "b2e0061" else ""
        )
        fault = fault or _payee_fault(item)
        if fault:
            raise Refusal("B998", f"第{number}笔 {fault}")
        # an entrusted item waits for the authoriser, who takes a minute here
        orders.append(_order(item, code, extra_s=60.0 if kind == "1" else 0.0))
    return _acceptances(world, head, code, orders)


def _payee_fault(item: ET.Element) -> str:
    bank_code, account = text_of(item, "toactn/toibkn"), text_of(item, "toactn/actacn")
    if not bank_code and not text_of(item, "toactn/tobknm"):
        return "toactn/tobknm 在 toibkn 为空时不能为空"
    if bank_code and len(bank_code) not in (5, 12):
        return "toactn/toibkn 应为 5 位或 12 位"
    if text_of(item, "bocflag") == "1" and len(account) == 18 and not bank_code:
        return "toactn/toibkn 在收款账号为18位中行账号时不能为空"
    return "" if fen(text_of(item, "trnamt")) > 0 else "trnamt 应大于零"


def _order(item: ET.Element, code: str, *, extra_s: float) -> Order:
    bank_code, bank = text_of(item, "toactn/toibkn"), text_of(item, "toactn/tobknm")
    flag = text_of(item, "bocflag")
    home = flag == "1" or (not flag and (len(bank_code) == 5 or bank_code.startswith("104")))
    home = home or (not flag and not bank_code and bank.startswith("中国银行"))
    return Order(
        insid=text_of(item, "insid"), operation=code, payer=text_of(item, "fractn/actacn"),
        amount=fen(text_of(item, "trnamt")), payee=text_of(item, "toactn/actacn"),
        payee_name=text_of(item, "toactn/toname"), payee_bank=bank, payee_ibk=bank_code, at_home=home,
        purpose=text_of(item, "furinfo"), extra_s=extra_s,
        not_before=_start(text_of(item, "trfdate"), text_of(item, "trftime")),
    )  # fmt: skip


def _start(day_text: str, hour_text: str) -> float:
    """Epoch second before which a payment is not worked on. Raises Refusal for a date or hour out of range."""
    now, day = clock.now(), day_of(day_text)
    if not now.date() <= day <= month_after(now.date()):
        raise Refusal("B998", f"trfdate {day_text} 应在今日起一个月内")
    hour = int(hour_text[:2]) if hour_text else 0
    if day == now.date() and hour and hour <= now.hour:
        raise Refusal("B998", f"trftime {hour_text} 应为下一整点或更晚")
    return datetime(day.year, day.month, day.day, hour, tzinfo=clock.SHANGHAI).timestamp()


def payroll(world: World, head: ET.Element, wrapper: ET.Element) -> str:
    orders = []
    for item in wrapper.iterfind("b2e0078-rq"):
        nodes = item.findall("detail")
        fault = first_fault(PAYROLL, item) or next(
            filter(None, (first_fault(DETAIL, n) for n in nodes)), ""
        )
        if fault:
            raise Refusal("B998", fault)
        home = text_of(item, "crdtyp") == "7"
        details = [
            Detail(text_of(n, "toactn"), text_of(n, "toname"), text_of(n, "tobank"), text_of(n, "toibkn"), home,
                   fen(text_of(n, "pydamt")))
            for n in nodes
        ]  # fmt: skip
        total = fen(text_of(item, "pybamt"))
        if len(nodes) != int(text_of(item, "pybnum")) or total != sum(d.amount for d in details):
            raise Refusal("B998", "pybamt 或 pybnum 与明细不符")
        if any(d.amount <= 0 for d in details):
            raise Refusal("B998", "pydamt 应大于零")
        orders.append(
            Order(text_of(item, "insid"), "payroll", text_of(item, "fractn/actacn"), total, at_home=home,
                  purpose=text_of(item, "useinf") or text_of(item, "furinfo"),
                  not_before=_start(text_of(item, "trfdate"), ""), details=details)
        )  # fmt: skip
    return _acceptances(world, head, "b2e0078", orders)


def _acceptances(world: World, head: ET.Element, code: str, orders: Sequence[Order]) -> str:
    taken = world.accept(custid=text_of(head, "custid"), orders=orders)
    answers = [
        _worded(code, told)
        for order, item in zip(orders, taken, strict=True)
        for told in world.taken(order, item, operation=code)
    ]
    outer = status("B001", "OK")
    if world.seeded.unit("serverdt", text_of(head, "trnid")) < 0.3:
        outer += server_time() + tag("token", text_of(head, "token"))
    return outer + "".join(answers)


def _worded(code: str, told: Told) -> str:
    if told.strange:
        return item_answer(code, told.strange, "系统返回", insid=told.reference, serial=told.serial)
    if told.state == "duplicate":
        return item_answer(code, "S901", insid=told.reference, serial="")
    if told.state == "refused":
        return item_answer(code, REASONS[told.reason], insid=told.reference, serial="")
    return item_answer(code, "B001", "OK", insid=told.reference, serial=told.serial)


def item_answer(code: str, rspcod: str, text: str = "", *, insid: str, serial: str) -> str:
    inside = status(rspcod, text) + tag("insid", insid) + tag("obssid", serial)
    return f"<{code}-rs>{inside}</{code}-rs>"
