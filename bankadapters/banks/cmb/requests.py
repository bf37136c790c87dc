"""Our values → China Merchants Bank messages, with the limits enforced.  Source: CMB sheet, sections 3 and 4."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TypedDict

from lxml import etree

from bankadapters.banks.cmb import codes
from bankadapters.banks.cmb import messages as m
from bankadapters.banks.cmb.profile import CHARSET, FIELD_LIMITS
from bankadapters.contract import AccountRef, Batch, Inquiry, Instruction
from bankadapters.errors import NotReady, Unencodable
from bankadapters.limits import require_filled, require_payable, require_plain, require_within
from bankadapters.messages import Record
from bankadapters.paging import row_of
from bankadapters.xml import render_xml
from kernel import clock

Setting = Callable[[str], str]
BUSINESS = {
    "direct": "N02031",
    "group": "N02041",
    "approval": "N02030",
    "group_approval": "N02040",
}
INTERNAL = "N02020"
AGENT_BUSINESS = {"salary": "N03010", "other": "N03020"}
_NAME_BYTES = 62
_MEMO_BYTES = 42


class _Common(TypedDict):
    reference: str
    payer_account: str
    payer_branch: str
    amount: Decimal
    currency: str
    purpose: str
    remark: str | None
    payee_account: str


class _Outward(TypedDict):
    channel: str
    payee_name: str | None
    long_name: str | None
    cnaps: str | None
    is_home: str
    payee_bank: str | None
    kind: str | None
    check_name: str | None


def envelope(
    function: str, blocks: Sequence[Record], *, setting: Setting, correlation: str = ""
) -> bytes:
    """The CMBSDKPGK document in GBK. Raises Unencodable naming a character that GBK lacks."""
    root = etree.Element("CMBSDKPGK")
    info = m.RequestInfo(function=function, user=setting("LGNNAM"), correlation=correlation or None)
    root.extend([info.render(), *(block.render() for block in blocks)])
    return render_xml(root, charset=CHARSET, declared="GBK")


# -- payments -----------------------------------------------------------------------------------------------------


def payments(items: Sequence[Instruction], *, setting: Setting) -> tuple[str, list[Record]]:
    """DCPAYMNT or DCPAYREQ with its items."""
    kind = setting("payment")
    head = m.PayHead(business=BUSINESS[kind], mode=setting("BUSMOD"))
    if kind.endswith("approval"):
        rows: list[Record] = [
            m.ApprovedPayment(**_common(i, setting), **_outward(i, setting)) for i in items
        ]
        return "DCPAYREQ", [head, *rows]
    return "DCPAYMNT", [head, *(_direct(i, setting) for i in items)]


def _direct(item: Instruction, setting: Setting) -> Record:
    outward = _outward(item, setting)
    address = None if outward["is_home"] == "Y" else setting("CRTADR") or item.payee_bank
    if address is not None:
        _short(address, "payee_bank", _NAME_BYTES)
    return m.DirectPayment(**_common(item, setting), **outward, address=address)


def transfers(items: Sequence[Instruction], *, setting: Setting) -> tuple[str, list[Record]]:
    """DCOPRTRF: between own accounts; its header names no business."""
    head = m.PayHead(mode=setting("transfer_BUSMOD"))
    return "DCOPRTRF", [head, *(m.InternalTransfer(**_common(i, setting)) for i in items)]


def pays_into_cmb(item: Instruction) -> bool:
    """Whether the payee banks here: by clearing code, else by the bank's name."""
    if item.cnaps:
        return item.cnaps.startswith("308")
    return item.payee_bank.startswith("招商银行")


def _common(item: Instruction, setting: Setting) -> _Common:
    _check(item)
    return {
        "reference": item.reference,
        "payer_account": item.payer_account,
        "payer_branch": _branch(item.payer_branch, setting),
        "amount": item.money.amount,
        "currency": codes.CNY,
        "purpose": item.purpose,
        "remark": item.remark or None,
        "payee_account": item.payee_account,
    }


def _outward(item: Instruction, setting: Setting) -> _Outward:
    at_home = pays_into_cmb(item)
    is_long = len(item.payee_name.encode(CHARSET, "replace")) > _NAME_BYTES
    if not at_home:
        require_filled(item.payee_bank, name="payee_bank")
    return {
        "channel": "F" if item.urgent else "N",
        "payee_name": None if is_long else item.payee_name,
        "long_name": item.payee_name if is_long else None,
        "cnaps": item.cnaps or None,
        "is_home": "Y" if at_home else "N",
        "payee_bank": None if at_home else item.payee_bank,
        "kind": "100001",
        "check_name": setting("RCVCHK") if at_home and setting("RCVCHK") == "1" else None,
    }


def _branch(known: str, setting: Setting) -> str:
    branch = known or setting("BBKNBR")
    if not branch:
        raise NotReady("BBKNBR")
    if not (branch.isascii() and branch.isdigit() and len(branch) == 2):
        raise Unencodable("the branch code (BBKNBR) has two digits", field="payer_branch")
    return branch


def _check(item: Instruction) -> None:
    require_payable(
        item,
        texts=FIELD_LIMITS,
        filled=("payee_name", "purpose"),
        limits=FIELD_LIMITS,
        charset=CHARSET,
    )


def _short(value: str, name: str, most: int) -> str:
    require_within(
        value, name=name, limits={name: (most, f"bytes:{CHARSET}")}, forbidden={}, charset=CHARSET
    )
    return value


# -- payroll ------------------------------------------------------------------------------------------------------


def payroll(batch: Batch, *, setting: Setting) -> tuple[str, list[Record]]:
    """A payroll under the batch's number: AgentRequest, or a large batch in one upload."""
    function = setting("agent_function")
    items = batch.instructions
    if not items or len({(i.payer_account, i.payer_branch) for i in items}) > 1:
        raise Unencodable("a payroll has one payer account", field="payer_account")
    for item in items:
        _check(item)
        _short(item.payee_name, "payee_name", _NAME_BYTES)
    require_plain(batch.batch_no, name="batch_no")
    first, total = items[0], sum((i.money.amount for i in items), Decimal(0))
    purpose = _short(first.purpose, "purpose", _MEMO_BYTES)
    if function == "AgentRequest":
        head = m.AgentHead(
            business=AGENT_BUSINESS[_agent_kind(setting)], mode=setting("agent_BUSMOD"), kind=setting("agent_TRSTYP"),
            payer_account=first.payer_account, payer_branch=_branch(first.payer_branch, setting), total=total,
            items=len(items), currency=codes.CNY, reference=batch.batch_no, purpose=purpose,
        )  # fmt: skip
        return function, [head, *(_agent_item(i, setting) for i in items)]
    large = m.LargeHead(
        total=total, items=len(items), uploads=1, this_total=total, this_items=len(items), currency=codes.CNY,
        payer_branch=_branch(first.payer_branch, setting), payer_account=first.payer_account,
        kind="BYSA" if function == "NTAGCSAL" else setting("agent_TRSTYP"), purpose=purpose, reference=batch.batch_no,
    )  # fmt: skip
    rows = [_large_item(n, i, setting) for n, i in enumerate(items, 1)]
    return function, [m.LargeMode(mode=setting("agent_BUSMOD")), large, *rows]


def _agent_kind(setting: Setting) -> str:
    return "salary" if setting("agent_TRSTYP") == "BYSA" else "other"


def agent_business(setting: Setting) -> str:
    """The business code under which a payroll is asked about."""
    if setting("agent_function") == "NTAGCAPY":
        return AGENT_BUSINESS["other"]
    return AGENT_BUSINESS[_agent_kind(setting)]


def _elsewhere(item: Instruction, setting: Setting) -> tuple[str | None, str | None]:
    """Bank and place of an account at another bank."""
    if pays_into_cmb(item):
        return None, None
    place = setting("EACCTY")
    if not place:
        raise NotReady("EACCTY")
    return require_filled(item.payee_bank, name="payee_bank"), place


def _agent_item(item: Instruction, setting: Setting) -> Record:
    bank, city = _elsewhere(item, setting)
    return m.AgentItem(
        account=item.payee_account,
        name=item.payee_name,
        amount=item.money.amount,
        is_home="Y" if bank is None else "N",
        bank=bank,
        city=city,
        remark=item.reference[:20] or None,
    )


def _large_item(number: int, item: Instruction, setting: Setting) -> Record:
    bank, city = _elsewhere(item, setting)
    return m.LargeItem(
        number=f"{number:08d}",
        account=item.payee_account,
        name=item.payee_name,
        amount=item.money.amount,
        remark=item.reference or None,
        is_home="Y" if bank is None else "N",
        bank=bank,
        city=city,
        cnaps=(item.cnaps or None) if bank is not None else None,
    )


# -- questions ----------------------------------------------------------------------------------------------------


def status(asked: Sequence[Inquiry], *, setting: Setting) -> tuple[str, list[Record]]:
    """One payment by our reference, several by their days, or by the bank's numbers alone for their reasons."""
    if all(one.bank_serial and not one.reference for one in asked):
        return "NTSTLINF", [m.DetailQuery(serial=one.bank_serial) for one in asked]
    business = INTERNAL if asked[0].operation.value == "sweep" else BUSINESS[setting("payment")]
    first, last = window(asked)
    if len(asked) == 1:
        require_plain(asked[0].reference, name="reference")
        return "NTQRYSTY", [
            m.StatusByReference(
                business=business, reference=asked[0].reference, first=first, last=last
            )
        ]
    mode = setting("transfer_BUSMOD" if business == INTERNAL else "BUSMOD")
    return "NTQRYSTN", [m.StatusByDate(business=business, mode=mode, first=first, last=last)]


def agent_status(asked: Sequence[Inquiry], *, setting: Setting) -> tuple[str, list[Record]]:
    """A payroll by our reference, or its items by the bank's number."""
    one = asked[0]
    if one.bank_serial and not one.reference:
        return "GetAgentDetail", [m.AgentDetailQuery(serial=one.bank_serial)]
    first, last = window(asked)
    reference = require_plain(one.batch_no or one.reference, name="reference")
    return "NTAGCINY", [
        m.AgentQuery(business=agent_business(setting), reference=reference, first=first, last=last)
    ]


def window(asked: Sequence[Inquiry]) -> tuple[date, date]:
    """The days of initiation with their neighbours, because of midnight; at most a week."""
    days = [one.day or clock.today() for one in asked]
    first, last = min(days) - timedelta(days=1), max(days) + timedelta(days=1)
    if (last - first).days > 6:
        raise Unencodable("one question spans a week at most", field="day")
    if first < clock.today() - timedelta(days=90):
        raise Unencodable("the bank answers about the last 90 days", field="day")
    return first, last


def balances(accounts: Sequence[AccountRef], *, setting: Setting) -> list[Record]:
    """NTQADINF of up to 30 accounts."""
    return [m.BalanceQuery(branch=_branch(a.branch, setting), account=_number(a)) for a in accounts]


def history(account: AccountRef, first: date, last: date, *, setting: Setting) -> Record:
    """SDKNTQABINF: days before today."""
    return m.HistoryQuery(
        branch=_branch(account.branch, setting), account=_number(account), first=first, last=last
    )


def entries(account: AccountRef, booked_on: date, place: str, *, setting: Setting) -> Record:
    """GetTransInfoEX of one booking day."""
    if place:
        row_of(place)
    return m.EntriesQuery(
        branch=_branch(account.branch, setting),
        account=_number(account),
        booked_on=booked_on,
        place=place,
    )


def receipts(account: AccountRef, first: date, last: date, printed: str) -> Record:
    """SDKCSFDFBRT: receipts not printed yet (1) or printed already (2)."""
    return m.ReceiptsQuery(account=_number(account), first=first, last=last, printed=printed)


def _number(account: AccountRef) -> str:
    if len(account.number) > 35:
        raise Unencodable("account number is longer than 35 characters", field="account")
    return require_plain(account.number, name="account", also="-")
