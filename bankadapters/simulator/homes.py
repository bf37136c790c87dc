"""The banks of the simulated world: how statements name them and which clearing prefix is theirs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Home:
    """One bank: its slug, its name as statements print it, its CNAPS prefix and head-office code."""

    slug: str
    name: str
    prefix: str
    head_office: str


_ROWS = (
    ("icbc", "中国工商银行", "102", "102100099996"),
    ("abc", "中国农业银行", "103", "103100000026"),
    ("boc", "中国银行", "104", "104100000004"),
    ("ccb", "中国建设银行", "105", "105100000017"),
    ("bocom", "交通银行", "301", "301290000007"),
    ("citic", "中信银行", "302", "302100011000"),
    ("ceb", "中国光大银行", "303", "303100000006"),
    ("cmbc", "中国民生银行", "305", "305100000013"),
    ("cgb", "广发银行", "306", "306581000003"),
    ("pingan", "平安银行", "307", "307584007998"),
    ("cmb", "招商银行", "308", "308584000013"),
    ("cib", "兴业银行", "309", "309391000011"),
    ("spdb", "浦发银行", "310", "310290000013"),
    ("psbc", "中国邮政储蓄银行", "403", "403100000004"),
    ("iso20022", "国际报文银行", "", ""),  # banks by the name of their format, known by name only
    ("swift_mt", "环球报文银行", "", ""),
)
HOMES = {slug: Home(slug, name, prefix, office) for slug, name, prefix, office in _ROWS}


def home_of(words: str) -> Home | None:
    """The bank a slug or a name means; None for one outside the world."""
    if words in HOMES:
        return HOMES[words]
    return next((home for home in HOMES.values() if words and words.startswith(home.name)), None)


def home_of_code(cnaps: str) -> Home | None:
    """The bank of a 12-digit clearing code; None for one outside the world."""
    if len(cnaps) != 12:
        return None
    return next(
        (home for home in HOMES.values() if home.prefix and cnaps.startswith(home.prefix)), None
    )
