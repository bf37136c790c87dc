"""Our values → Agricultural Bank of China messages, with the limits enforced.  Source: ABC sheet, sections 3 and 4."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal

from bankadapters.banks.abc import codes
from bankadapters.banks.abc import messages as m
from bankadapters.banks.abc.profile import CHARSET, FIELD_LIMITS
from bankadapters.contract import AccountRef, Inquiry, Instruction
from bankadapters.errors import Unencodable
from bankadapters.limits import require_filled, require_payable, require_plain
from bankadapters.messages import Record
from bankadapters.xml import render_xml
from kernel import clock

Setting = Callable[[str], str]
_OWN = re.compile(r"([0-9]{2})-?([0-9]{15})")
_JOURNAL = re.compile(r"[0-9A-Za-z]{1,30}")


def message(
    code: str,
    groups: Sequence[Record],
    *,
    setting: Setting,
    number: str,
    amount: Decimal | None = None,
) -> bytes:
    """The whole document: GBK, without a declaration."""
    now = clock.now().astimezone(clock.SHANGHAI)
    head = m.RequestHead(
        code=code,
        corporation=setting("CorpNo"),
        operator=setting("OpNo"),
        authority=setting("AuthNo"),
        number=number,
        day=now.date(),
        time=f"{now:%H%M%S}",
        amount=amount,
    )
    root = head.render()
    root.extend(group.render() for group in groups)
    return render_xml(root, charset=CHARSET, prolog=False)


def split(number: str, name: str) -> tuple[str, str]:
    """Province and the fifteen digits of one of the bank's accounts. Raises Unencodable."""
    found = _OWN.fullmatch(number)
    if found is None:
        raise Unencodable(
            f"{name} must be the bank's 17 digits: 2 of the province and 15", field=name
        )
    return found[1], found[2]


# -- payments -----------------------------------------------------------------------------------------------------


def pays_into_abc(item: Instruction) -> bool:
    """Whether the payee banks here: by clearing code, else by the bank's name."""
    return item.banks_at("103", "中国农业银行", "农业银行")


def payment(item: Instruction, *, setting: Setting, is_sweep: bool) -> tuple[str, list[Record]]:
    """CFRT21 to a person's card here, else CFRT02; between own accounts what the connection says."""
    _check(item)
    at_home = pays_into_abc(item)
    code = setting("sweep") if is_sweep else "CFRT02"
    if item.personal and at_home and not is_sweep:
        code = "CFRT21"
    if is_sweep and not at_home:
        raise Unencodable("an internal transfer stays inside the bank", field="cnaps")
    province, account = split(item.payer_account, "payer_account")
    own = _OWN.fullmatch(item.payee_account) if at_home else None
    parties = m.Parties(
        payer_province=province,
        payer_account=account,
        payer_currency=codes.RMB,
        payee_province=own[1] if own else "",
        payee_account=own[2] if own else item.payee_account,
        payee_currency=codes.RMB,
        check_name=setting("ConFlag"),
    )
    yes, no = setting("UrgencyFlag").split("/")
    terms = m.Terms(
        urgency=yes if item.urgent else no,
        payee_name=item.payee_name,
        payer_name=item.payer_name,
        purpose=item.purpose,
        remark=item.remark,
    )
    if code == "CFRT02":
        terms.is_elsewhere = "0" if at_home else "1"
        terms.bank_kind = "" if at_home else setting("CrBankType")
        terms.payee_bank = require_filled(item.payee_bank, name="payee_bank")
        terms.cnaps = item.cnaps
    return code, [parties, terms]


def _check(item: Instruction) -> None:
    require_payable(
        item,
        texts=FIELD_LIMITS,
        filled=("payer_name", "payee_name"),
        limits=FIELD_LIMITS,
        charset=CHARSET,
        digits=14,
    )


# -- questions ----------------------------------------------------------------------------------------------------


def status(one: Inquiry) -> list[Record]:
    """CQRT04: a payment by its number, and the account it was to leave."""
    province, account = split(one.payer_account, "payer_account") if one.payer_account else ("", "")
    number = require_plain(one.reference, name="reference")
    currency = codes.RMB if account else ""
    return [m.StatusQuery(province=province, account=account, currency=currency, number=number)]


def by_hand(one: Inquiry) -> list[Record]:
    """CQRA61: the same of one that somebody at the bank handles."""
    province, account = split(one.payer_account, "payer_account") if one.payer_account else ("", "")
    currency = codes.RMB if account else ""
    return [
        m.StatusQuery(province=province, account=account, currency=currency),
        m.ManualQuery(number=require_plain(one.reference, name="reference")),
    ]


def balance(account: AccountRef) -> list[Record]:
    """CQRA06."""
    province, number = split(account.number, "account")
    return [m.BalanceQuery(account=number, province=province, currency=codes.RMB)]


def entries(account: AccountRef, first: date, last: date, journal: str) -> list[Record]:
    """CQRA10: what came after the journal number we hold."""
    if journal and not _JOURNAL.fullmatch(journal):
        raise Unencodable(f"cursor {journal[:40]!r} is not one of this bank", field="next")
    province, number = split(account.number, "account")
    return [
        m.Days(first=first, last=last),
        m.Since(journal=journal or "0"),
        m.EntriesQuery(account=number, province=province, currency=codes.RMB),
    ]
