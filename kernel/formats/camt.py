"""camt.053 (also 052, 054): ISO 20022 statements, versions 02 to 13, read as a stream.

Source: ISO 20022 message definitions BankToCustomerStatement; DOMAIN §7.2. The entries of a statement are cut out of the
byte stream in blocks between their end tags and turned into lines by a stylesheet (`camt.xsl`), so that no entry is ever a
Python object. Everything else (the skeleton) goes through an XML parser of its own: together the two see every byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import IO

from lxml import etree

from kernel.formats.sections import (
    ENTRY_BYTES_MAX,
    HEAD_BYTES_MAX,
    SECTIONS_MAX,
    Section,
    amount_of,
    day_of,
    refuse,
)

NAMESPACE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:camt\.05[234]\.001\.(\d{2})\Z")
BLOCK_BYTES = 48 * 1024  # what fits the processor's cache is read fastest
VERSIONS = range(2, 14)
FIRST_WITH_PARTY = 8
_HOLDERS = {
    "Stmt": False,
    "Rpt": True,
    "Ntfctn": True,
}  # 053, 052, 054: whether it speaks of a day still running
_FIRST = re.compile(rb"<((?:[A-Za-z_][\w.-]*:)?)Ntry(?=[\s/>])")
_DECLARATION = re.compile(rb"\s*<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
_BLANKS = bytes.maketrans(b"\t\n\r\x7f", b"    ")  # inside entries: the stream's own marks
_REFERENCES = re.compile(rb"&#(?:x0*(?:9|[aAdD]|7[fF])|0*(?:9|10|13|127));")
_ENCODINGS = {"utf-8", "us-ascii", "ascii", "gb2312", "gbk", "gb18030"}
_STYLESHEET = Path(__file__).with_name("camt.xsl")


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
    )


@lru_cache(maxsize=16)
def _stylesheet(namespace: str) -> etree.XSLT:
    found = NAMESPACE.match(namespace)
    party = "c:Pty/" if found is not None and int(found[1]) >= FIRST_WITH_PARTY else ""
    text = _STYLESHEET.read_text("utf-8").replace("NAMESPACE", namespace).replace("PARTY", party)
    return etree.XSLT(etree.XML(text.encode()))


def _name(element: etree._Element) -> str:
    return str(etree.QName(element).localname)


def _text(element: etree._Element, *path: str) -> str:
    """The text at a path of local names; empty where there is none."""
    here: etree._Element | None = element
    for name in path:
        here = None if here is None else next((e for e in here if _name(e) == name), None)
    return "" if here is None or here.text is None else here.text.strip()


class _File:
    """The byte stream, cut into skeleton and blocks of entries."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._buffer = b""
        self._ended = False
        self._skeleton = etree.XMLPullParser(
            events=("start", "end"),
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
        )
        self._stack: list[etree._Element] = []
        self._fed = 0
        self._closing: list[etree._Element] = []
        self._given: etree._Element | None = None  # the holder whose entries were read
        self._encoding = "utf-8"
        self.entry_name = b"Ntry"

    def _more(self) -> bool:
        block = self._stream.read(BLOCK_BYTES)
        self._buffer += block
        self._ended = not block
        return bool(block)

    def begin(self) -> None:
        """Look at the prolog before any of it is parsed."""
        self._more()
        head = self._buffer[:4096]
        if head[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in head[:64]:
            raise refuse(
                "文件编码应为 UTF-8 或 GBK", "UTF-8 or GBK is wanted", code="file_encoding"
            )
        declared = _DECLARATION.match(head.removeprefix(b"\xef\xbb\xbf"))
        if declared is not None:
            self._encoding = declared[1].decode().lower()
        if self._encoding not in _ENCODINGS:
            raise refuse(
                f"不支持的文件编码 {self._encoding}", "unknown encoding", code="file_encoding"
            )

    def _feed(self, data: bytes) -> None:
        """Give a piece to the skeleton's parser; raises InvalidInput for what is no such message."""
        self._fed += len(data)
        if self._fed > HEAD_BYTES_MAX:
            raise refuse(
                "对账单表头过大", "the head of the statement is too large", code="file_too_large"
            )
        if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
            raise refuse(
                "文件含有 DTD 或实体声明，已拒绝",
                "DTD and entities are refused",
                code="file_hostile",
            )
        try:
            self._skeleton.feed(data)
            events = list(self._skeleton.read_events())
        except etree.XMLSyntaxError as error:
            raise _syntax(error) from None
        for event, element in events:
            if not isinstance(element, etree._Element):
                continue
            if event == "start":
                self._start(element)
            else:
                self._stack.pop()
                if _name(element) in _HOLDERS and element is not self._given:
                    self._closing.append(element)

    def _start(self, element: etree._Element) -> None:
        if not self._stack:
            space = etree.QName(element).namespace or ""
            found = NAMESPACE.match(space)
            if _name(element) != "Document" or found is None or int(found[1]) not in VERSIONS:
                raise refuse(
                    f"不是 camt.052/053/054（02–13 版）文件：{space or element.tag}"[:160],
                    "not camt.052, 053 or 054",
                    code="file_kind",
                )
        self._stack.append(element)

    def next_holder(self) -> etree._Element | None:
        """Read on to the next statement's first entry (or its end, where it has none); None at the end of the file."""
        self._fed = 0
        while True:
            found = _FIRST.search(self._buffer)
            end = found.start() if found is not None else self._safe_end()
            self._feed(self._buffer[:end])
            self._buffer = self._buffer[end:]
            if self._closing:  # ended before an entry began
                return self._closing.pop(0)
            if found is not None:
                holder = self._stack[-1] if self._stack else None
                if holder is None or _name(holder) not in _HOLDERS:
                    raise refuse("Ntry 不在对账单之内", "an entry outside a statement")
                self.entry_name, self._given = found[1] + b"Ntry", holder
                return holder
            if not self._more():
                self._feed(self._buffer)
                self._buffer = b""
                if self._closing:
                    return self._closing.pop(0)
                self._finish()
                return None

    def is_open(self, holder: etree._Element) -> bool:
        """Whether the holder's entries come next in the stream."""
        return holder is self._given

    def _safe_end(self) -> int:
        """How much of the buffer cannot be the beginning of an entry's tag."""
        at = self._buffer.rfind(b"<", max(0, len(self._buffer) - 80))
        return len(self._buffer) if at < 0 else at

    def _finish(self) -> None:
        try:
            self._skeleton.close()
        except etree.XMLSyntaxError as error:
            raise _syntax(error) from None

    def entries(self, holder: etree._Element) -> Iterator[tuple[bytes, int]]:
        """The holder's entries as lines, with the number of entries in each block; afterwards the skeleton goes on."""
        begin, end = _frame(holder, self._encoding)
        last, stop = (
            b"</" + self.entry_name + b">",
            b"</" + _prefix(holder) + _name(holder).encode(),
        )
        stylesheet = _stylesheet(str(etree.QName(holder).namespace))
        while True:
            stopped = self._buffer.find(stop)
            cut = self._buffer.rfind(last, 0, stopped if stopped >= 0 else len(self._buffer))
            if cut >= 0:
                cut += len(last)
                block, self._buffer = self._buffer[:cut], self._buffer[cut:]
                yield _lines(stylesheet, begin + _plain(block) + end), block.count(last)
            if stopped >= 0:
                return
            if len(self._buffer) > ENTRY_BYTES_MAX:
                raise refuse("单笔明细过大", "an entry is too large", code="file_too_large")
            if not self._more():
                raise refuse(
                    "文件不完整：对账单没有结束", "the statement does not end", code="file_cut"
                )


def _plain(block: bytes) -> bytes:
    """The block without the stream's own marks in its texts."""
    block = block.translate(_BLANKS)
    return _REFERENCES.sub(b" ", block) if b"&#" in block else block


def _prefix(holder: etree._Element) -> bytes:
    return f"{holder.prefix}:".encode() if holder.prefix else b""


def _frame(holder: etree._Element, encoding: str) -> tuple[bytes, bytes]:
    """What stands around a block so that it is a document of its own, with the namespaces of its place."""
    spaces = "".join(
        f' xmlns{":" + prefix if prefix else ""}="{uri}"' for prefix, uri in holder.nsmap.items()
    )
    name = f"{holder.prefix}:Stmt" if holder.prefix else "Stmt"
    begin = f'<?xml version="1.0" encoding="{encoding}"?><{name}{spaces}>'
    return begin.encode(), f"</{name}>".encode()


def _lines(stylesheet: etree.XSLT, document: bytes) -> bytes:
    try:
        return bytes(stylesheet(etree.fromstring(document, _parser())))
    except etree.XMLSyntaxError as error:
        raise _syntax(error) from None
    except etree.XSLTError as error:
        raise refuse(f"明细无法读取：{str(error)[:80]}", str(error)[:200]) from None


def _syntax(error: etree.XMLSyntaxError) -> Exception:
    words = str(error.msg or error)[:120]
    return refuse(f"XML 有误：{words}", words)


def read(stream: IO[bytes]) -> Iterator[Section]:
    """Every statement of the file, one after another. Raises InvalidInput for hostile, broken or foreign files."""
    file = _File(stream)
    file.begin()
    for _ in range(SECTIONS_MAX):
        holder = file.next_holder()
        if holder is None:
            return
        section = _head(holder)
        if file.is_open(holder):
            section.rows = _rows(file, holder, section)
        yield section
        for _unread in section.rows:
            pass
        holder.clear()
    raise refuse(
        f"一个文件最多 {SECTIONS_MAX} 份对账单", "too many statements", code="file_too_long"
    )


def _rows(file: _File, holder: etree._Element, section: Section) -> Iterator[bytes]:
    for lines, entries in file.entries(holder):
        booked = lines.count(b"\n")
        section.count += booked
        section.skipped += entries - booked
        if booked:
            yield lines


def _head(holder: etree._Element) -> Section:
    section = Section(account="", is_interim=_HOLDERS[_name(holder)])
    for element in holder:
        name = _name(element)
        if name == "Acct":
            section.account = _text(element, "Id", "IBAN") or _text(element, "Id", "Othr", "Id")
            section.currency = _text(element, "Ccy")
        elif name == "Id":
            section.number = (element.text or "").strip()[:40]
        elif name in ("ElctrncSeqNb", "LglSeqNb") and (element.text or "").strip().isdigit():
            section.sequence = int((element.text or "0").strip()[:9])
        elif name == "FrToDt":
            section.first = (
                day_of(_text(element, "FrDtTm"), "起始日期") if _text(element, "FrDtTm") else None
            )
            section.last = (
                day_of(_text(element, "ToDtTm"), "截止日期") if _text(element, "ToDtTm") else None
            )
        elif name == "CreDtTm":
            section.made = (element.text or "").strip()[:40]
        elif name == "Bal":
            _balance(element, section)
        elif name == "TxsSummry":
            _summary(element, section)
    return section


def _balance(element: etree._Element, section: Section) -> None:
    """OPBD and CLBD; PRCD (closing of the day before) counts as opening where there is no OPBD; ITBD, and what is
    available: CLAV or ITAV."""
    kind = _text(element, "Tp", "CdOrPrtry", "Cd")
    if kind not in ("OPBD", "PRCD", "CLBD", "ITBD", "CLAV", "ITAV"):
        return
    value = amount_of(_text(element, "Amt"), "余额")
    if _text(element, "CdtDbtInd") == "DBIT":
        value = -value
    told = _text(element, "Dt", "Dt") or _text(element, "Dt", "DtTm")
    day = day_of(told, "余额日期") if told else None
    if kind == "CLBD":
        section.closing, section.closing_day = value, day
    elif kind == "ITBD":
        section.held, section.held_day = value, day
    elif kind in ("CLAV", "ITAV"):
        section.available = value
    elif kind == "OPBD" or section.opening is None:
        section.opening, section.opening_day = value, day if kind == "OPBD" else None


def _summary(element: etree._Element, section: Section) -> None:
    count = _text(element, "TtlNtries", "NbOfNtries")
    section.told_count = int(count) if count.isdigit() else None
    for name, field in (("TtlCdtNtries", "told_credits"), ("TtlDbtNtries", "told_debits")):
        total = _text(element, name, "Sum")
        if total:
            setattr(section, field, amount_of(total, "合计金额"))
