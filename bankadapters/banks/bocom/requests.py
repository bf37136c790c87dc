"""Our values → Bank of Communications messages, with the limits enforced.  Source: BOCOM sheet, sections 3 and 4."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal

from lxml import etree

from bankadapters.banks.bocom import messages as m
from bankadapters.banks.bocom.profile import FIELD_LIMITS, PEOPLE_MAX
from bankadapters.contract import AccountRef, Batch, Inquiry, Instruction
from bankadapters.errors import NotReady, Unencodable
from bankadapters.limits import require_account, require_filled, require_payable, require_plain
from bankadapters.messages import Record
from bankadapters.xml import render_xml
from kernel import clock

Setting = Callable[[str], str]


def message(code: str, bodies: Sequence[Record], *, setting: Setting, number: str) -> bytes:
    """The whole document, without a declaration; several bodies are several questions."""
    now = clock.now().astimezone(clock.SHANGHAI)
    head = m.RequestHead(
        code=code,
        corporation=setting("corp_no"),
        user=setting("user_no"),
        number=number,
        day=now.date(),
        time=f"{now:%H%M%S}",
        bodies=str(len(bodies)),
    )
    root = etree.Element("ap")
    root.append(head.render())
    root.extend(body.render() for body in bodies)
    return render_xml(root, charset=setting("encoding").lower(), prolog=False)


# -- payments -----------------------------------------------------------------------------------------------------


def pays_into_bocom(item: Instruction) -> bool:
    """Whether the payee banks here: by clearing code, else by the bank's name."""
    return item.banks_at("301", "交通银行")


def payment(item: Instruction, *, setting: Setting) -> Record:
    """210201. Raises Unencodable for a person at this bank, who is paid by agency payments alone."""
    _check(item, setting=setting)
    at_home = pays_into_bocom(item)
    if at_home and item.personal:
        raise Unencodable(
            "a person at Bank of Communications is paid by an agency payment, not by 210201",
            field="personal",
        )
    if not at_home:
        require_filled(item.cnaps, name="cnaps")
    return m.Payment(
        payer_account=item.payer_account,
        payer_name=item.payer_name,
        payee_bank=require_filled(item.payee_bank, name="payee_bank"),
        payee_account=item.payee_account,
        payee_name=item.payee_name,
        cnaps=item.cnaps,
        amount=item.money.amount,
        reference=item.reference,
        summary=item.purpose,
        is_elsewhere="0" if at_home else "1",
        place=setting("area_flag"),
    )


def payroll(batch: Batch, *, setting: Setting) -> Record:
    """330002: people with cards here, one debit, under the batch's number."""
    items = batch.instructions
    if not 1 <= len(items) <= PEOPLE_MAX:
        raise Unencodable(f"a payroll pays 1 to {PEOPLE_MAX} people", field="items")
    if len({item.payer_account for item in items}) != 1:
        raise Unencodable("a payroll has one payer account", field="payer_account")
    if not setting("busi_no"):
        raise NotReady("busi_no")
    for item in items:
        _check(item, setting=setting)
        if not pays_into_bocom(item) or len(item.payee_account) > 21:
            raise Unencodable("330002 pays cards of this bank, up to 21 digits", field="cnaps")
    first = items[0]
    return m.Payroll(
        reference=_number(batch.batch_no, "batch_no"),
        payer_account=first.payer_account,
        kind=setting("payroll_type"),
        size=str(len(items)),
        total=sum((item.money.amount for item in items), Decimal(0)),
        month=f"{first.day:%Y%m}",
        summary=first.purpose,
        agreement=setting("busi_no"),
        people=m.People(
            rows=[
                m.Person(
                    card=item.payee_account,
                    name=item.payee_name,
                    amount=item.money.amount,
                    business=item.reference,
                )
                for item in items
            ]
        ),
    )


def _number(value: str, name: str) -> str:
    if len(value) > 20:
        raise Unencodable(f"{name} is longer than 20 characters", field=name)
    return require_plain(value, name=name)


def _check(item: Instruction, *, setting: Setting) -> None:
    charset = setting("encoding").lower()
    require_payable(
        item,
        texts=FIELD_LIMITS,
        filled=("payer_name", "payee_name"),
        limits=FIELD_LIMITS,
        charset=charset,
        digits=14,
    )


# -- questions ----------------------------------------------------------------------------------------------------


def status(one: Inquiry) -> Record:
    """310204, by our number before the bank's."""
    if one.reference:
        return m.StatusQuery(kind="1", number=_number(one.reference, "reference"))
    return m.StatusQuery(kind="2", number=require_filled(one.bank_serial, name="bank_serial"))


def payroll_status(one: Inquiry) -> Record:
    """310204 of a payroll, by the number it was sent under."""
    return m.StatusQuery(kind="3", number=_number(one.batch_no or one.reference, "batch_no"))


def balances(accounts: Sequence[AccountRef]) -> list[Record]:
    """310101: a body for each account."""
    return [
        m.AccountQuery(account=require_account(account.number, most=40)) for account in accounts
    ]


def entries(account: AccountRef, first: date, last: date) -> tuple[str, Record]:
    """310201 of today, 310301 of the past."""
    if first >= clock.today():
        return "310201", m.AccountQuery(account=require_account(account.number, most=40))
    return "310301", m.HistoryQuery(
        account=require_account(account.number, most=40), first=first, last=last
    )
