"""Our values → China Guangfa Bank messages, with the limits enforced.  Source: bank overview, section 2.2."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from lxml import etree

from bankadapters.banks.cgb import messages as m
from bankadapters.banks.cgb.profile import CHARSET, FIELD_LIMITS, PAGE_ROWS
from bankadapters.contract import AccountRef, Inquiry, Instruction
from bankadapters.errors import Unencodable
from bankadapters.limits import require_account, require_filled, require_payable, require_plain
from bankadapters.messages import Record
from bankadapters.xml import render_xml
from kernel import clock

Setting = Callable[[str], str]
_PLACE = re.compile(r"([0-9A-Za-z-]{0,40})\|([0-9A-Za-z-]{0,40})\|([0-9A-Za-z-]{0,40})")


def message(code: str, body: Record, *, setting: Setting, password: str, number: str) -> bytes:
    """The whole document; the password stands in CDATA."""
    if "]]>" in password:
        raise Unencodable("the password cannot be carried in CDATA", field="password")
    now = clock.now().astimezone(clock.SHANGHAI)
    head = m.RequestHead(
        code=code,
        customer=setting("cifMaster"),
        number=number,
        day=now.date(),
        time=f"{now:%H%M%S}",
        operator=setting("entUserId"),
    ).render()
    etree.SubElement(head, "password").text = etree.CDATA(password)
    root = etree.Element("BEDC")
    inner = etree.SubElement(root, "Message")
    inner.append(head)
    inner.append(body.render())
    return render_xml(root, charset=CHARSET, declared="GBK")


def number_of(value: str, name: str = "reference") -> str:
    """An entSeqNo of ours. Raises Unencodable."""
    if len(value) > 20:
        raise Unencodable(f"{name} is longer than 20 characters", field=name)
    return require_plain(value, name=name)


def pays_into_cgb(item: Instruction) -> bool:
    """Whether the payee banks here: by clearing code, else by the bank's name."""
    return item.banks_at("306", "广发银行", "广东发展银行")


def payment(item: Instruction, *, setting: Setting) -> tuple[str, Record]:
    """0011 inside the bank, else 0021."""
    require_payable(
        item,
        texts=FIELD_LIMITS,
        filled=("payer_name", "payee_name", "payee_bank"),
        limits=FIELD_LIMITS,
        charset=CHARSET,
        digits=14,
    )
    at_home, by_code = pays_into_cgb(item), setting("inAccBank") == "cnaps"
    bank = item.payee_bank
    if by_code and not at_home:
        bank = require_filled(item.cnaps, name="cnaps")
    body = m.Payment(
        payer_name=item.payer_name,
        payer_account=item.payer_account,
        payer_bank=setting("payer_bank"),
        payee_name=item.payee_name,
        payee_account=item.payee_account,
        payee_bank=bank,
        amount=item.money.amount,
        remark=item.purpose,
        day=item.day,
        comment=item.remark,
    )
    return setting("home_transfer" if at_home else "interbank"), body


def status(one: Inquiry) -> Record:
    """0004 or 0022."""
    return m.StatusQuery(number=number_of(one.reference), day=one.day or clock.today())


def batch_status(one: Inquiry) -> Record:
    """0034: a whole batch."""
    return m.BatchQuery(batch=number_of(one.batch_no, "batch_no"))


def balance(account: AccountRef) -> Record:
    """0001."""
    return m.BalanceQuery(account=require_account(account.number, most=32))


def entries(
    account: AccountRef, first: date, last: date, place: str, *, setting: Setting
) -> Record:
    """0032 from the place the page before named."""
    found = _PLACE.fullmatch(place or "||")
    if found is None:
        raise Unencodable(f"cursor {place[:40]!r} is not one of this bank", field="next")
    return m.EntriesQuery(
        account=require_account(account.number, most=32),
        first=first,
        last=last,
        kind=setting("queryType"),
        place_day=found[1],
        place_code=found[2],
        place_serial=found[3],
        size=str(PAGE_ROWS),
    )
