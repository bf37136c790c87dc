"""What China Merchants Bank tells: status of payments, balances, entries day by day, accounts, receipts, returns."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import date, timedelta

from bankadapters.banks.cmb.simulator.fields import (
    CODES,
    ENTRIES,
    REASONS,
    STATUS,
    block,
    day_of,
    the_block,
)
from bankadapters.simulator.bank import Refusal
from bankadapters.simulator.books import Account, moment
from bankadapters.simulator.instructions import Instruction
from bankadapters.simulator.statement import Row, Search
from bankadapters.simulator.wire import first_fault, text_of, yuan
from bankadapters.simulator.world import Told, World
from kernel import clock

PAGE_ROWS = 100
BRANCH = "57"


# -- status -------------------------------------------------------------------------------------------------------


def by_reference(world: World, function: str, root: ET.Element) -> str:
    """NTQRYSTY: one payment; no row where there is none."""
    asked = the_block(root, "NTQRYSTYX1")
    _window(asked)
    reference, business = text_of(asked, "YURREF"), text_of(asked, "BUSCOD")
    found = world.known("", [f"{business}/{reference}"])
    return _rows(world, reference, found.get(f"{business}/{reference}"), function)


def by_days(world: World, function: str, root: ET.Element) -> str:
    """NTQRYSTN: every payment of a business given on these days."""
    asked = the_block(root, "NTQRYSTNY1")
    first, last = _window(asked)
    items = [
        item
        for item in world.given_on("", first, last)
        if item.operation == text_of(asked, "BUSCOD")
    ]
    return "".join(_rows(world, item.insid, item, function) for item in items)


def _window(asked: ET.Element) -> tuple[date, date]:
    fault = first_fault(STATUS, asked)
    if fault:
        raise Refusal("-3", fault)
    first, last = day_of(text_of(asked, "BGNDAT")), day_of(text_of(asked, "ENDDAT"))
    if first > last or (last - first).days > 6 or first < clock.today() - timedelta(days=90):
        raise Refusal("-3", "查询日期超出范围")
    return first, last


def _rows(world: World, reference: str, item: Instruction | None, function: str) -> str:
    told = [t for t in world.asked(reference, item, operation=function) if t.item is not None]
    return "".join(_status(one) for one in told)


def _status(told: Told) -> str:
    item = told.item
    if item is None:
        return ""
    status, result = _words(told)
    pairs = [
        ("BUSCOD", item.operation), ("BUSMOD", "00001"), ("CCYNBR", "10"), ("CRTACC", item.payee),
        ("CRTNAM", item.payee_name), ("DBTACC", item.payer), ("DBTBBK", BRANCH), ("EPTTIM", "000000"),
        ("EPTDAT", f"{moment(item.accepted_at):%Y%m%d}"), ("OPRDAT", f"{moment(item.accepted_at):%Y%m%d}"),
        ("REQNBR", told.serial), ("REQSTS", status), ("TRSAMT", yuan(item.amount)), ("YURREF", told.reference),
    ]  # fmt: skip
    return block("NTSTLLSTZ", [*pairs, ("RTNFLG", result)] if result else pairs)


def _words(told: Told) -> tuple[str, str]:
    """REQSTS and RTNFLG."""
    if told.strange:
        return told.strange[:3], ""
    if told.reason:
        return "FIN", "F"
    if told.state == "settled":
        return "FIN", "S"
    if told.state == "returned":
        return "FIN", "B"
    waits = told.item is not None and told.item.operation in ("N02030", "N02040")
    return ("AUT" if waits and told.done < 0.5 else "NTE" if told.done < 0.4 else "BNK"), ""


def details(world: World, function: str, root: ET.Element) -> str:
    """NTSTLINF: by the bank's number, with the reason."""
    serials = [text_of(node, "REQNBR") for node in root.iterfind("NTSTLINFX")]
    found = world.by_serial("", serials)
    rows = []
    for serial in serials:
        item = found.get(serial)
        for told in world.asked("", item, operation=function) if item is not None else ():
            row = _status(told).replace("NTSTLLSTZ>", "NTQPAYQYZ>")
            rows.append(row.replace("</NTQPAYQYZ>", f"{_reason(told)}</NTQPAYQYZ>"))
    return "".join(rows)


def _reason(told: Told) -> str:
    if told.reason:
        code = REASONS[told.reason]
        return f"<RTNNAR>{code} {CODES[code]}</RTNNAR>"
    if told.state == "returned" and told.item is not None and told.item.returned_at is not None:
        day = f"{moment(told.item.returned_at):%Y%m%d}"
        return f"<RTNDAT>{day}</RTNDAT><RTNNAR>账号户名不符</RTNNAR><BUSSTS>R</BUSSTS>"
    return "<RTNNAR/>"


def returns(world: World, function: str, root: ET.Element) -> str:
    """NTPAYQYB: what came back, of the payments given on these days."""
    asked = the_block(root, "NTPAYQYBY1")
    first, last = day_of(text_of(asked, "BGNDAT")), day_of(text_of(asked, "ENDDAT"))
    rows = [
        block("NTPAYQYBZ1", [
            ("REQNBR", item.obssid), ("YURREF", item.insid), ("BUSSTS", "R"), ("CCYNBR", "10"),
            ("ISUDAT", f"{moment(item.accepted_at):%Y%m%d}"), ("TRSAMT", yuan(item.amount)), ("SNDEAC", item.payer),
            ("RCVEAC", item.payee), ("RCVEAN", item.payee_name), ("NARTXT", "账号户名不符"),
        ])
        for item in world.given_on("", first, last)
        if item.state == "returned" and item.payer == text_of(asked, "ACCNBR")
    ]  # fmt: skip
    return "".join(rows)


def payroll(world: World, function: str, root: ET.Element) -> str:
    """NTAGCINY: a payroll as a whole, how many of its items were paid."""
    asked = the_block(root, "NTAGCINYX1")
    _window(asked)
    reference = text_of(asked, "YURREF")
    key = f"{text_of(asked, 'BUSCOD')}/{reference}"
    found = world.known("", [key]).get(key)
    rows = []
    for told in world.asked(reference, found, operation=function):
        item = told.item
        if item is None:
            continue
        status, result = _words(told)
        people = world.details_of(item)
        paid = [p for p in people if not p.reason] if item.state == "settled" else []
        pairs = [
            ("REQNBR", told.serial), ("YURREF", told.reference), ("REQSTA", status), ("TRSNUM", f"{len(people):05d}"),
            ("TOTAMT", yuan(item.amount)), ("SUCNUM", f"{len(paid):06d}"), ("SUCAMT", yuan(sum(p.amount for p in paid))),
            ("CCYNBR", "10"), ("TRSTYP", "BYSA"), ("ACCNBR", item.payer), ("OPRDAT", f"{moment(item.accepted_at):%Y%m%d}"),
            ("BUSCOD", text_of(asked, "BUSCOD")),
        ]  # fmt: skip
        if result:
            pairs += [
                ("RTNFLG", result),
                ("ERRDSP", CODES[REASONS[told.reason]] if told.reason else ""),
            ]
        rows.append(block("NTAGCINQZ", pairs))
    return "".join(rows)


def payroll_items(world: World, function: str, root: ET.Element) -> str:
    """GetAgentDetail: the payees, each with its state."""
    serial = text_of(root, "SDKATDQYX/REQNBR")
    item = world.by_serial("", [serial]).get(serial)
    if item is None:
        return ""
    rows = []
    for person in world.details_of(item):
        state = "I" if item.state == "accepted" else "F" if person.reason or item.reason else "S"
        words = CODES[REASONS[person.reason or item.reason]] if state == "F" else ""
        rows.append(
            block("NTQATDQYZ", [
                ("ACCNBR", person.number), ("CLTNAM", person.name), ("TRSAMT", yuan(person.amount)), ("STSCOD", state),
                ("ERRDSP", words), ("BNKFLG", "Y" if person.at_home else "N"),
            ])
        )  # fmt: skip
    return "".join(rows)


# -- accounts -----------------------------------------------------------------------------------------------------


def balances(world: World, function: str, root: ET.Element) -> str:
    """NTQADINF: a row with a result of its own for each account."""
    asked = root.findall("NTQADINFX")
    if not 1 <= len(asked) <= 30:
        raise Refusal("-3", "账户数应为 1-30")
    rows = []
    for node in asked:
        number = text_of(node, "ACCNBR")
        account = world.account(number)
        if account is None:
            bad = [("ACCNBR", number), ("ERRCOD", "SIM9004"), ("ERRTXT", CODES["SIM9004"])]
            rows.append(block("NTQADINFZ", bad))
            continue
        amount = yuan(account.balance)
        rows.append(
            block("NTQADINFZ", [
                ("ACCNBR", number), ("ACCNAM", account.name), ("CCYNBR", "10"), ("BBKNBR", account.ibknum or BRANCH),
                ("ACCBLV", _yesterday(world, account)), ("ONLBLV", amount), ("AVLBLV", amount), ("HLDBLV", "0.00"),
                ("ERRCOD", "SUC0000"), ("STSCOD", "C" if account.closed else "A"), ("INTRAT", "0.3500000"),
            ])
        )  # fmt: skip
    return "".join(rows)


def _yesterday(world: World, account: Account) -> str:
    day = clock.today() - timedelta(days=1)
    return yuan(world.books.balance_on(account, f"{day:%Y%m%d}"))


def history(world: World, function: str, root: ET.Element) -> str:
    """SDKNTQABINF: closing balances of days before today, a month at most."""
    asked = the_block(root, "NTQABINFY")
    first, last = day_of(text_of(asked, "BGNDAT")), day_of(text_of(asked, "ENDDAT"))
    account = _own(world, text_of(asked, "ACCNBR"))
    if first > last or last >= clock.today() or (last - first).days > 30:
        raise Refusal("-3", "查询日期超出范围")
    rows, day = [], first
    while day <= last:
        amount = yuan(world.books.balance_on(account, f"{day:%Y%m%d}"))
        pairs = [("ACCNBR", account.number), ("BBKNBR", BRANCH), ("TRSDAT", f"{day:%Y%m%d}")]
        rows.append(block("NTQABINFZ", [*pairs, ("BALAMT", amount)]))
        day += timedelta(days=1)
    return "".join(rows)


def _own(world: World, number: str) -> Account:
    account = world.account(number)
    if account is None:
        raise Refusal("-9", f"{CODES['SIM9004']} {number}")
    return account


def accounts(world: World, function: str, root: ET.Element) -> str:
    """ListAccount."""
    rows = [
        block("NTQACLSTZ", [
            ("ACCNBR", account.number), ("ACCNAM", account.name), ("BBKNBR", account.ibknum or BRANCH), ("CCYNBR", "10"),
            ("C_RELNBR", account.name),
        ])
        for account in world.accounts()
    ]  # fmt: skip
    return "".join(rows)


def entries(world: World, function: str, root: ET.Element) -> str:
    """GetTransInfoEX: one booking day from a sequence on; the sequence begins anew each day."""
    asked = the_block(root, "SDKRBPTRSX")
    fault = first_fault(ENTRIES, asked)
    if fault:
        raise Refusal("-3", fault)
    account = _own(world, text_of(asked, "ACCNBR"))
    day, begin = text_of(asked, "TRSDAT"), max(int(text_of(asked, "TRSSEQ") or 0), 1)
    total, rows = world.statement(Search(account, day, day), skip=begin - 1, limit=PAGE_ROWS)
    last = begin - 1 + len(rows)
    out = [r for r in rows if not r.incoming]
    into = [r for r in rows if r.incoming]
    continuation = [
        ("COTFLG", "Y" if last < total else "N"), ("TRSSEQ", str(last)), ("DBTNBR", str(len(out))),
        ("DBTAMT", yuan(sum(r.amount for r in out))), ("CRTNBR", str(len(into))),
        ("CRTAMT", yuan(sum(r.amount for r in into))),
    ]  # fmt: skip
    quirks = world.faults.switch("quirks")
    return "".join(_entry(row, quirks=quirks) for row in rows) + block("NTRBPTRSZ1", continuation)


def _entry(row: Row, *, quirks: bool) -> str:
    other = row.payer if row.incoming else row.payee
    side, amount = ("C", "TRSAMTC") if row.incoming else ("D", "TRSAMTD")
    pairs = [
        ("ETYDAT", row.day), ("ETYTIM", row.time), ("VLTDAT", row.day), ("TRSCOD", "CPAA"), ("NARYUR", row.remark),
        (amount, yuan(row.amount)), ("AMTCDR", side), ("TRSBLV", yuan(row.balance)), ("REFNBR", f"K{row.line:013d}C"),
        ("REQNBR", row.serial), ("NUSAGE", row.purpose), ("RPYNAM", other.name), ("RPYACC", other.number),
        ("RPYBNK", other.bank),
    ]  # fmt: skip
    if row.insid:
        pairs.append(("YURREF", row.insid))
    if quirks:
        pairs += [
            ("C_TRSAMT", f"{row.amount / 100:,.2f}"),
            ("APDFLG", "N"),
            ("TRSAMT", yuan(row.amount)),
        ]
    return block("NTQTSINFZ", pairs)


def receipts(world: World, function: str, root: ET.Element) -> str:
    """SDKCSFDFBRT: an index and a typed block for each; reading moves a receipt from not printed to printed."""
    asked = the_block(root, "CSRRCFDFY0")
    account = _own(world, text_of(asked, "EACNBR"))
    first, last = text_of(asked, "BEGDAT"), text_of(asked, "ENDDAT")
    if (day_of(last) - day_of(first)).days > 31:
        raise Refusal("-3", "查询日期超出范围")
    wanted_printed, db = text_of(asked, "RRCFLG") == "2", world.books.db
    printed = {row[0] for row in db.execute("SELECT line FROM cmb_printed")}
    _, rows = world.statement(Search(account, first, last))
    index, blocks = [], []
    for row in rows:
        if (row.line in printed) != wanted_printed:
            continue
        number = f"{row.line:013d}"
        index.append(
            block(
                "CSRRCFDFZ1",
                [("ISTNBR", number), ("CHKCOD", f"{row.line:016d}"), ("ITMCOD", "HD000202")],
            )
        )
        blocks.append(_receipt(account, row, number))
        db.execute("INSERT OR IGNORE INTO cmb_printed VALUES(?)", (row.line,))
    return "".join(index + blocks)


def _receipt(account: Account, row: Row, number: str) -> str:
    common = [("ISTNBR", number), ("CCYNBR", "10"), ("REGEAC", account.number)]
    if row.kind == "fee":
        fee = [("ACCNBR", account.number), ("AMTTRS", yuan(row.amount)), ("SYSDAT", row.day)]
        return block("ABFEEPRTZ1", [*common[:2], *fee])
    parties = [
        ("SNDEAC", row.payer.number), ("SNDEAN", row.payer.name), ("RCVEAC", row.payee.number),
        ("RCVEAN", row.payee.name), ("TRSAMT", yuan(row.amount)), ("NARTXT", row.remark),
    ]  # fmt: skip
    if row.kind == "return":
        days = [("RTNDAT", row.day), ("ISUDAT", row.day)]
        return block("CPRRCRTNX1", [*common, *parties, *days])
    name = "CPRRCRCVX1" if row.incoming else "CPRRCSNDX1"
    return block(name, [*common, *parties, ("ISUDAT", row.day)])
