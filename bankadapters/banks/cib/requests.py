"""Our values → Industrial Bank messages, with the limits enforced.  Source: CIB sheet, sections 3, 4 and 7.5.

A payment without its body is a query of that payment's number, and a query with a body is a payment: `submission` and
`omission` are the only two that write such elements, and neither can do the other's work.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from lxml import etree

from bankadapters.banks.cib import codes
from bankadapters.banks.cib import messages as m
from bankadapters.banks.cib.profile import (
    CHARSET,
    FIELD_LIMITS,
    FORBIDDEN,
    ITEMS_MAX,
    PEOPLE_MAX,
    SINGLE_LIMITS,
)
from bankadapters.contract import AccountRef, Batch, Instruction
from bankadapters.errors import Unencodable
from bankadapters.limits import (
    require_account,
    require_filled,
    require_payable,
    require_plain,
    require_within,
)
from bankadapters.messages import Record
from bankadapters.paging import row_of
from bankadapters.xml import render_xml
from kernel import clock

Setting = Callable[[str], str]
SUPER_MAX = Decimal(50_000)


def _document(
    function: str, number: str, body: etree._Element | None, *, setting: Setting, password: str
) -> bytes:
    head = m.SignOn(
        time=f"{clock.now().astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M:%S}",
        customer=setting("CID"),
        operator=setting("USERID"),
        password=password,
        application=setting("APPID") or None,
        version=setting("APPVER") or None,
    )
    root = etree.Element("FOX")
    etree.SubElement(root, "SIGNONMSGSRQV1").append(head.render())
    wrapper = etree.SubElement(root, "SECURITIES_MSGSRQV1")
    request = etree.SubElement(wrapper, f"{function}RQ")
    etree.SubElement(request, "TRNUID").text = reference(number)
    if body is not None:
        request.append(body)
    return render_xml(root, charset=CHARSET, declared="GBK")


def submission(
    function: str, number: str, body: etree._Element, *, setting: Setting, password: str
) -> bytes:
    """A payment or a job under its number; never without its body. Raises Unencodable."""
    if not len(body) or not (body.tag.endswith("RQ") or body.tag == "RQBODY"):
        raise Unencodable(f"{function} without its body would be a query", field="items")
    return _document(function, number, body, setting=setting, password=password)


def omission(function: str, number: str, *, setting: Setting, password: str) -> bytes:
    """A query of what was sent under this number: the same element without its body."""
    return _document(function, number, None, setting=setting, password=password)


def question(function: str, number: str, body: Record, *, setting: Setting, password: str) -> bytes:
    """A query whose element is no payment's. Raises Unencodable."""
    if function in (*codes.SINGLES, *codes.BATCHES, codes.PAYROLL):
        raise Unencodable(f"{function} with a body would be a payment", field="items")
    return _document(function, number, body.render(), setting=setting, password=password)


def reference(value: str, name: str = "reference") -> str:
    """A TRNUID of ours. Raises Unencodable."""
    if len(value) > 30:
        raise Unencodable(f"{name} is longer than 30 characters", field=name)
    return require_plain(value, name=name)


# -- payments -----------------------------------------------------------------------------------------------------


def pays_into_cib(item: Instruction) -> bool:
    """Whether the payee banks here: by clearing code, else by the bank's name."""
    return item.banks_at("309", "兴业银行")


def transfer(item: Instruction, function: str, *, setting: Setting) -> etree._Element:
    """XFERTRN or ICTRANSFERTRN."""
    _check(item, SINGLE_LIMITS if function == "XFERTRN" else FIELD_LIMITS)
    fits = item.money.amount <= SUPER_MAX and not pays_into_cib(item)
    is_super = item.urgent and setting("super_for_urgent") == "Y" and fits
    if is_super:
        require_filled(item.cnaps, name="cnaps")
    info = m.Transfer(
        payer=m.Own(account=item.payer_account),
        payee=_payee(item, setting=setting),
        amount=item.money.amount,
        mode="SUPER" if is_super else None,
        purpose=item.purpose,
        memo=item.remark or None,
    )
    body = etree.Element("XFERRQ" if function == "XFERTRN" else "XMPTRQ")
    body.append(info.render())
    return body


def _payee(item: Instruction, *, setting: Setting) -> m.Payee:
    inside = pays_into_cib(item)
    return m.Payee(
        interbank=codes.IN_BANK if inside else codes.OTHER_BANK,
        local=setting("LOCAL"),
        account=item.payee_account,
        name=item.payee_name,
        bank=None if inside else item.payee_bank,
        cnaps=None if inside else item.cnaps or None,
        city=_city(inside, setting) or None,
    )


def _city(inside: bool, setting: Setting) -> str:
    """The city of a payee at another bank, as the connection has it. Raises Unencodable."""
    city = "" if inside else setting("CITY")
    require_within(
        city, name="CITY", limits={"CITY": (30, "bytes:gbk")}, forbidden={"CITY": "<>&|\r\n"}, charset=CHARSET
    )  # fmt: skip
    return city


def batch(request: Batch, function: str, *, setting: Setting) -> etree._Element:
    """ASYNBATCHTRSFRTRN or RBATCHTRSFRTRN: one payer, our numbers as remarks."""
    items = request.instructions
    if not 1 <= len(items) <= ITEMS_MAX:
        raise Unencodable(f"a batch carries 1 to {ITEMS_MAX} payments", field="items")
    if len({item.payer_account for item in items}) != 1:
        raise Unencodable("a batch has one payer account", field="payer_account")
    for item in items:
        _check(item, FIELD_LIMITS)
    is_async = function == "ASYNBATCHTRSFRTRN"
    body = m.BatchHead(
        payer=m.Own(account=items[0].payer_account),
        kind="1" if is_async else "0",  # a statement entry for each payment; an ordinary batch
        items=str(len(items)),
        total=sum((item.money.amount for item in items), Decimal(0)),
        purpose=items[0].purpose,
    ).render()
    if is_async:
        lines = [_line(item, n, setting=setting).render() for n, item in enumerate(items, 1)]
        told = etree.SubElement(body, "XFERINFOTEXT", size=str(len(items)))
        told.text = etree.CDATA("\n" + "\n".join(lines) + "\n")
        return body
    body.extend(
        m.BatchItem(
            index=str(n),
            payee=_payee(item, setting=setting),
            amount=item.money.amount,
            purpose=item.purpose,
            remark=item.reference,
        ).render()
        for n, item in enumerate(items, 1)
    )
    return body


def _line(item: Instruction, index: int, *, setting: Setting) -> m.AsyncLine:
    inside = pays_into_cib(item)
    return m.AsyncLine(
        index=str(index),
        account=item.payee_account,
        name=item.payee_name,
        is_inside=codes.IN_BANK if inside else codes.OTHER_BANK,
        is_local=setting("LOCAL"),
        cnaps="" if inside else item.cnaps,
        bank="" if inside else item.payee_bank,
        address=_city(inside, setting),
        amount=item.money.amount,
        purpose=item.purpose,
        remark=item.reference,
    )


def payroll(request: Batch, *, setting: Setting) -> etree._Element:
    """RPAYOFFTRN: persons with cards of this bank."""
    items = request.instructions
    if not 1 <= len(items) <= PEOPLE_MAX:
        raise Unencodable(f"a payroll pays 1 to {PEOPLE_MAX} people", field="items")
    if len({item.payer_account for item in items}) != 1:
        raise Unencodable("a payroll has one payer account", field="payer_account")
    for item in items:
        _check(
            item, FIELD_LIMITS | {"payee_name": (20, "bytes:gbk"), "payee_account": (18, "chars")}
        )
        if not pays_into_cib(item):
            raise Unencodable("RPAYOFFTRN pays cards of this bank only", field="cnaps")
    people = [
        m.Person(index=str(n), name=i.payee_name, account=i.payee_account, amount=i.money.amount)
        for n, i in enumerate(items, 1)
    ]
    info = m.PayrollInfo(
        payer=m.Own(account=items[0].payer_account),
        title=request.batch_no,
        kind=setting("payroll_kind"),
        items=str(len(items)),
        total=sum((item.money.amount for item in items), Decimal(0)),
        people=m.People(rows=people),
    )
    return m.PayrollQuery(info=info).render()


def _check(item: Instruction, limits: dict[str, tuple[int, str]]) -> None:
    require_payable(
        item,
        texts=limits,
        filled=("payee_name", "purpose"),
        limits=limits,
        forbidden=FORBIDDEN,
        charset=CHARSET,
        digits=15,
    )
    if not pays_into_cib(item):
        if "兴业银行" in require_filled(item.payee_bank, name="payee_bank"):
            raise Unencodable("payee_bank names this bank, cnaps another one", field="payee_bank")
        require_filled(item.cnaps, name="cnaps")


# -- questions ----------------------------------------------------------------------------------------------------


def status(number: str, *, of_core: bool = False) -> Record:
    """A payment by the number of its message, as the bank's own record or the core's."""
    asked = reference(number)
    return m.CoreQuery(reference=asked) if of_core else m.StatusQuery(reference=asked)


def balance(account: AccountRef) -> Record:
    """CURRACCTQUERYTRN."""
    return m.AccountQuery(account=require_account(account.number, most=18))


def history(account: AccountRef, first: date, last: date) -> Record:
    """HISBALQUERYTRN."""
    return m.HistoryQuery(
        info=m.HistoryInfo(account=require_account(account.number, most=18), first=first, last=last)
    )


def entries(account: AccountRef, first: date, last: date, page: str) -> Record:
    """SCUSTSTMTTRN: a page of one day."""
    return m.EntriesQuery(
        account=m.Own(account=require_account(account.number, most=18)),
        wanted=m.Wanted(first=first, last=last, page=str(row_of(page, digits=6))),
    )


def receipt_job(account: AccountRef, day: date) -> etree._Element:
    """ELECTRONICRECEIPTTRN: one job for an account and a day."""
    return m.ReceiptJob(account=require_account(account.number, most=18), day=day).render()


def receipt_files(job: str, page: str) -> Record:
    """ASYNRECEIPTINFOTRN: the files of a job."""
    return m.ReceiptFilesQuery(page=page, reference=reference(job, "job"))
