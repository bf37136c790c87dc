"""Safe XML: what is refused, and what is forgiven."""

from __future__ import annotations

import pytest

from bankadapters.errors import Unreadable
from bankadapters.xml import parse_bank_xml, the_one


def test_gb2312_is_read_as_gb18030():
    text = '<?xml version="1.0" encoding="GB2312"?><a>喆㐀</a>'

    assert parse_bank_xml(text.encode("gb18030")).text == "喆㐀"


def test_blanks_in_the_prolog_are_forgiven():
    text = '<?xml version = "1.0" encoding = "UTF - 8" ?>\n<a>中</a>'

    assert parse_bank_xml(text.encode()).text == "中"


def test_namespaces_are_forgotten():
    root = parse_bank_xml(b'<x:a xmlns:x="u"><x:b>1</x:b></x:a>')

    assert [root.tag, root[0].tag] == ["a", "b"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "document type"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "document type"),
        (b"<a>&nbsp;</a>", "line 1"),
        (b"<a>A & B</a>", "line 1"),
        (b"<a><b></a>", "line 1"),
        (b"", "empty"),
        (b"<a>\x00</a>", "control"),
        (b"<a>" * 65 + b"</a>" * 65, "nested deeper than 64"),
        ('<?xml version="1.0" encoding="UTF-8"?><a>中</a>'.encode("gbk"), "offset 3"),
        ('<?xml version="1.0" encoding="GBK"?><a>中国银行</a>'.encode(), "bytes are UTF-8"),
        (b'<?xml version="1.0" encoding="EBCDIC"?><a/>', "EBCDIC"),
    ],
)
def test_what_is_dangerous_or_broken_is_refused_with_its_place(data, words):
    with pytest.raises(Unreadable, match=words):
        parse_bank_xml(data)


def test_size_is_capped():
    with pytest.raises(Unreadable, match="longer than 10"):
        parse_bank_xml(b"<a>0123456789</a>", bytes_max=10)


def test_the_one_refuses_a_second():
    root = parse_bank_xml(b"<a><b/><c><b/></c></a>")

    assert the_one(root, "x") is None
    with pytest.raises(Unreadable, match="2 times"):
        the_one(root, "b")
