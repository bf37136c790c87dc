"""SWIFT MT940 (and interim MT942) statements, read as a stream.

Source: SWIFT MT940/942 Customer Statement Message, fields 20, 25, 28C, 60a, 61, 86, 62a, 34F, 90; DOMAIN §7.2. Structured
field 86 in its two usual forms: `?20`–`?63` subfields, and slash code words (`/EREF/`, `/NAME/`, …); else plain text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import zip_longest
from typing import IO

from kernel.errors import InvalidInput
from kernel.formats.sections import (
    ENTRY_BYTES_MAX,
    HEAD_BYTES_MAX,
    SECTIONS_MAX,
    Section,
    amount_of,
    refuse,
)

BLOCK_BYTES = 64 * 1024
_MARKS = bytes.maketrans(b"\t\x7f\x00", b"   ")  # the stream's own marks
# :61: value date, entry date, side, (funds code), amount, type, customer reference, bank reference, supplement; then :86:
_ENTRY = re.compile(
    r":61:(\d{6})(\d{4})?(R?[DC])[A-Z]?(\d[\d,]{0,17})[NSF][A-Z0-9]{3}([^\n/]*(?:/[^\n/]+)*)(?://([^\n]*))?\n"
    r"(?:[^:\-\n][^\n]*\n)?(?::86:([^\n]*\n(?:[^:\-\n][^\n]*\n)*))?"
)
_TAG = re.compile(r":(\d{2}[A-Z]?):")
_BALANCE = re.compile(r"([DC])(\d{6})([A-Z]{3})([\d,]+)\Z")
_SUM = re.compile(r"(\d{1,5})([A-Z]{3})([\d,]+)\Z")
_QUERY = re.compile(r"\?(\d\d)")
_SLASH = re.compile(r"/(EREF|NAME|ACCT|IBAN|BENM|ORDP|REMI|BANK|CNTP)/")
_SIDES = {
    "C": "credit",
    "D": "debit",
    "RC": "debit",
    "RD": "credit",
}  # a reversal goes the other way
_ENDS = ("\n:62", "\n:64", "\n:90", "\n-", "\n:20:", "\n{1:")


class _File:
    """The text of the file with Unix line ends, block by block."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._codec = "utf-8"
        self._left = b""
        self.text = "\n"
        self.is_over = False
        self._first = True

    def more(self) -> bool:
        """Append the next block; False at the end of the file."""
        if self.is_over:
            return False
        data = self._stream.read(BLOCK_BYTES)
        self.is_over = not data
        data = self._left + data
        if self._first:
            self._first, data = False, data.removeprefix(b"\xef\xbb\xbf")
            if not _is_utf8(data):
                self._codec = "gb18030"
        cut = len(data) if self.is_over else data.rfind(b"\n") + 1
        self._left = data[cut:]
        if len(self._left) > ENTRY_BYTES_MAX:
            raise refuse("一行过长，不是 MT940 文件", "a line without end", code="file_kind")
        try:
            fresh = data[:cut].translate(_MARKS).replace(b"\r", b"").decode(self._codec)
        except UnicodeDecodeError:
            raise refuse(
                "文件编码应为 UTF-8 或 GB18030", "UTF-8 or GB18030 is wanted", code="file_encoding"
            ) from None
        self.text += fresh
        if self.is_over and not self.text.endswith("\n"):
            self.text += "\n"
        return not self.is_over


def _is_utf8(data: bytes) -> bool:
    try:
        data[: data.rfind(b"\n") + 1].decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def read(stream: IO[bytes]) -> Iterator[Section]:
    """Every message of the file, one after another. Raises InvalidInput for what is no MT940 or MT942."""
    file = _File(stream)
    for found in range(SECTIONS_MAX):
        section = _head(file)
        if section is None:
            if not found:
                raise refuse(
                    "文件中没有 MT940 对账单（:20: … :61:）", "no MT940 message", code="file_kind"
                )
            return
        section.rows = _rows(file, section)
        yield section
        for _unread in section.rows:
            pass
    raise refuse(
        f"一个文件最多 {SECTIONS_MAX} 份对账单", "too many statements", code="file_too_long"
    )


def _head(file: _File) -> Section | None:
    """The fields before the first entry; the text then stands at it, or at what closes the message."""
    while "\n:20:" not in file.text:
        file.text = file.text[-8:] if len(file.text) > HEAD_BYTES_MAX else file.text
        if not file.more() and "\n:20:" not in file.text:
            return None
    file.text = file.text[file.text.index("\n:20:") :]
    while True:
        stops = [
            at for mark in ("\n:61:", "\n:62", "\n:90", "\n-") if (at := file.text.find(mark)) >= 0
        ]
        if stops:
            break
        if len(file.text) > HEAD_BYTES_MAX or not file.more():
            stops = [len(file.text) - 1]
            break
    head, file.text = file.text[: min(stops) + 1], file.text[min(stops) :]
    fields = _fields(head)
    if "25" not in fields and "25P" not in fields:
        raise refuse("对账单缺少账号（:25:）", "field 25 is missing")
    section = Section(
        account=_account(fields.get("25") or fields["25P"]), number=fields.get("20", "")[:40]
    )
    _number(section, fields.get("28C") or fields.get("28", ""))
    for tag in ("60F", "60M"):
        if tag in fields:
            value, day, currency = _balance(fields[tag], tag)
            section.opening, section.opening_day, section.currency = value, day, currency
    section.made = fields.get("13D") or fields.get("13", "")
    if "34F" in fields:  # MT942: floor limit, of the account's currency
        section.is_interim, section.currency = True, fields["34F"][:3]
    return section


def _fields(text: str) -> dict[str, str]:
    marks = [one for one in _TAG.finditer(text) if text[one.start() - 1] == "\n"]
    found: dict[str, str] = {}
    for one, after in zip_longest(marks, marks[1:]):
        end = len(text) if after is None else after.start()
        found.setdefault(one[1], text[one.end() : end].strip())
    return found


def _account(text: str) -> str:
    """The account number alone: `BANK/ACCOUNT` and a currency behind it are usual."""
    number = text.split("\n")[0].rpartition("/")[2].replace(" ", "")
    return re.sub(r"(?<=\d)[A-Z]{3}\Z", "", number)


def _number(section: Section, text: str) -> None:
    number, _, page = text.partition("/")
    section.sequence = int(number) if number.isdigit() else None
    section.page = int(page) if page.isdigit() else None


@lru_cache(maxsize=4096)
def _day(text: str) -> date:
    try:
        return date(2000 + int(text[:2]), int(text[2:4]), int(text[4:]))
    except ValueError:
        raise refuse(
            f"日期「{text}」不正确，应为年月日六位，例如 261130", f"{text} is no day such as 261130"
        ) from None


@lru_cache(maxsize=4096)
def _entry_day(value: str, entry: str) -> tuple[str, str]:
    """(entry date, value date) as ISO text; the entry date has no year of its own: the one nearest to the value date."""
    day = _day(value)
    if not entry:
        return day.isoformat(), day.isoformat()
    year = day.year + (
        1 if int(entry[:2]) - day.month < -6 else -1 if int(entry[:2]) - day.month > 6 else 0
    )
    return _day(f"{year - 2000:02d}{entry}").isoformat(), day.isoformat()


def _balance(text: str, tag: str) -> tuple[Decimal, date, str]:
    found = _BALANCE.match(text.split("\n")[0].strip())
    if found is None:
        raise refuse(f"余额（:{tag}:）「{text[:40]}」无法识别", f"field {tag} is unreadable")
    value = amount_of(found[4].replace(",", "."), f":{tag}:")
    return (-value if found[1] == "D" else value), _day(found[2]), found[3]


def _rows(file: _File, section: Section) -> Iterator[bytes]:
    """The entries as lines of the stream, then the closing fields into the section."""
    while True:
        stops = [at for mark in _ENDS if (at := file.text.find(mark)) >= 0]
        end = min(stops) + 1 if stops else len(file.text)
        if not stops and not file.is_over:  # the last entry may go on in the next block
            end = max(file.text.rfind("\n:61:"), 0) + 1
        if end > 1:
            lines = _lines(file.text[1:end], section)
            file.text = file.text[end - 1 :]
            if lines:
                yield lines
        if stops:
            break
        if len(file.text) > ENTRY_BYTES_MAX:
            raise refuse("单笔明细过大", "an entry is too large", code="file_too_large")
        if not file.more() and file.is_over and len(file.text) <= 1:
            raise refuse("文件不完整：对账单没有结束（:62F:）", "no field 62", code="file_cut")
    _close(file, section)


def _lines(text: str, section: Section) -> bytes:
    out: list[str] = []
    at, currency = 0, section.currency
    for one in _ENTRY.finditer(text):
        if one.start() != at:
            raise _unreadable(section.count + len(out) + 1, text[at : one.start()])
        at = one.end()
        value, entry, side, amount, reference, serial, notes = one.groups("")
        try:
            day, value_day = _entry_day(value, entry)
        except InvalidInput as error:
            number = section.count + len(out) + 1
            raise refuse(
                error.message, error.message_en, code="entry_unreadable", row=number
            ) from None
        name = account = bank = ""
        if notes[:1] == "/" or "?" in notes[:4]:
            name, account, bank, said, end_to_end = _notes(notes)
            reference = end_to_end or reference
        else:
            said = notes[:-1]
            if "\n" in said:
                said = said.replace("\n", " ")
        out.append(
            f"{day}\t{day}\t{value_day}\t{serial}\t{_SIDES[side]}\t{amount.replace(',', '.')}\t{currency}\t\t"
            f"{name}\t{account}\t{bank}\t{said}\t\t{reference}\t\n"
        )
    if text[at:].strip():
        raise _unreadable(section.count + len(out) + 1, text[at:])
    section.count += len(out)
    return "".join(out).encode()


def _unreadable(row: int, text: str) -> Exception:
    return refuse(
        f"「{text.strip()[:60]}」不符合 :61: 的格式，应为例如 :61:2611301130C1234,56NTRF参考号//流水号",
        "field 61 is unreadable, :61:2611301130C1234,56NTRFreference//serial is wanted",
        code="entry_unreadable",
        row=row,
    )


def _notes(text: str) -> tuple[str, str, str, str, str]:
    """(name, account, bank, narrative, end-to-end id) of a field 86 that may be structured."""
    if text[3:4] == "?" or text.startswith("?"):
        return _queries(text.replace("\n", ""))
    if _SLASH.match(text):
        return _slashes(text.replace("\n", ""))
    return "", "", "", text.rstrip("\n").replace("\n", " "), ""


def _queries(text: str) -> tuple[str, str, str, str, str]:
    parts = _QUERY.split(text)
    found: dict[str, str] = {}
    for tag, value in zip(parts[1::2], parts[2::2], strict=True):
        found[tag] = found.get(tag, "") + value.strip()
    said = "".join(found.get(f"{n}", "") for n in range(20, 30)) + "".join(
        found.get(f"{n}", "") for n in range(60, 64)
    )
    name = found.get("32", "") + found.get("33", "")
    end_to_end = said.partition("EREF+")[2].split("+")[0][:35] if "EREF+" in said else ""
    return name, found.get("31", ""), found.get("30", ""), said or found.get("00", ""), end_to_end


def _slashes(text: str) -> tuple[str, str, str, str, str]:
    parts = _SLASH.split(text)
    found = dict(zip(parts[1::2], (value.strip("/ ") for value in parts[2::2]), strict=True))
    name = found.get("NAME") or found.get("BENM") or found.get("ORDP") or found.get("CNTP") or ""
    account = found.get("ACCT") or found.get("IBAN") or ""
    return name, account, found.get("BANK", ""), found.get("REMI", ""), found.get("EREF", "")


def _close(file: _File, section: Section) -> None:
    """The fields behind the entries: closing balance, and MT942's sums."""
    while True:
        ends = [
            at
            for mark in ("\n-", "\n:20:", "\n{1:")
            if (at := file.text.find(mark, 1)) >= 0 or file.text.startswith(mark)
        ]
        if ends or not file.more():
            break
        if len(file.text) > HEAD_BYTES_MAX:
            raise refuse(
                "对账单表尾过大", "the tail of the statement is too large", code="file_too_large"
            )
    end = max(min(ends), 0) if ends else len(file.text)
    fields = _fields(file.text[:end] or "\n")
    file.text = file.text[end:] if end else file.text[1:]
    if not file.text.startswith("\n"):
        file.text = "\n" + file.text
    for tag in ("62F", "62M"):
        if tag in fields:
            value, day, currency = _balance(fields[tag], tag)
            section.closing, section.closing_day, section.currency = value, day, currency
            section.is_last_page = tag == "62F"
    if "64" in fields:
        section.available = _balance(fields["64"], "64")[0]
    _sums(section, fields)
    if not section.is_interim and section.closing is None:
        raise refuse("对账单缺少期末余额（:62F:）", "field 62 is missing", code="file_cut")


def _sums(section: Section, fields: dict[str, str]) -> None:
    counts = []
    for tag, name in (("90C", "told_credits"), ("90D", "told_debits")):
        found = _SUM.match(fields.get(tag, "").split("\n")[0].strip())
        if found is not None:
            setattr(section, name, amount_of(found[3].replace(",", "."), f":{tag}:"))
            counts.append(int(found[1]))
    if counts:
        section.is_interim, section.told_count = True, sum(counts)
