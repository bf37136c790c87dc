"""Text ↔ bytes in the encodings banks use: what a charset cannot carry is refused by name, never replaced.

Reading follows a policy, strongest first: what the caller knows (a setting, a header code), what the document declares,
the bank's default. GB2312 and GBK are read as GB18030, because answers hold characters beyond both.
"""

from __future__ import annotations

from bankadapters.errors import Unencodable, Unreadable

_GB = {"gb2312", "gbk", "gb18030", "gb-2312", "cp936"}
_UTF8 = {"utf-8", "utf8", "us-ascii", "ascii"}


def reading_codec(name: str) -> str:
    """The codec to read a declared encoding with. Raises Unreadable for one no bank uses."""
    plain = name.replace(" ", "").lower()
    if plain in _GB:
        return "gb18030"
    if plain in _UTF8:
        return "utf-8"
    raise Unreadable(f"declared encoding {name!r} is not one of UTF-8, GBK, GB2312, GB18030")


def decode(data: bytes, codec: str) -> str:
    """The text. Raises Unreadable naming byte and offset."""
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        raise Unreadable(
            f"byte 0x{data[error.start]:02X} at offset {error.start} of the document is not {codec}, as which it is read"
        ) from None


def encode(text: str, charset: str, *, field: str = "") -> bytes:
    """The bytes. Raises Unencodable naming the character that the charset cannot carry, and the field it stands in."""
    try:
        return text.encode(charset)
    except UnicodeEncodeError as error:
        character = text[error.start]
        where = f"{field} " if field else ""
        raise Unencodable(
            f"{where}holds {character!r} (U+{ord(character):04X}), which {charset.upper()} cannot carry",
            field=field,
        ) from None
