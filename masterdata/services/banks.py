"""The bank directory's built-in part, and the profiles the bank bridge writes from its adapters' declarations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kernel import clock
from masterdata import checks
from masterdata.models import Bank, BankProfile, Branch


@dataclass(frozen=True)
class HeadOffice:
    """A bank as built in: CNAPS prefix, name, head-office code where there is one head office, adapter slug."""

    prefix: str
    name: str
    name_en: str
    cnaps: str = ""
    slug: str = ""


# CNAPS prefixes and head-office clearing codes as published by the banks. Prefixes shared by many banks (city banks, rural
# banks, credit unions, village banks) have no head office of their own.
HEAD_OFFICES = (
    HeadOffice(
        "102", "中国工商银行", "Industrial and Commercial Bank of China", "102100099996", "icbc"
    ),
    HeadOffice("103", "中国农业银行", "Agricultural Bank of China", "103100000026", "abc"),
    HeadOffice("104", "中国银行", "Bank of China", "104100000004", "boc"),
    HeadOffice("105", "中国建设银行", "China Construction Bank", "105100000017", "ccb"),
    HeadOffice("201", "国家开发银行", "China Development Bank", "201100000017"),
    HeadOffice("202", "中国进出口银行", "Export-Import Bank of China", "202100000003"),
    HeadOffice("203", "中国农业发展银行", "Agricultural Development Bank of China", "203100000027"),
    HeadOffice("301", "交通银行", "Bank of Communications", "301290000007", "bocom"),
    HeadOffice("302", "中信银行", "China CITIC Bank", "302100011000", "citic"),
    HeadOffice("303", "中国光大银行", "China Everbright Bank", "303100000006", "ceb"),
    HeadOffice("304", "华夏银行", "Hua Xia Bank", "304100040000", "hxb"),
    HeadOffice("305", "中国民生银行", "China Minsheng Bank", "305100000013", "cmbc"),
    HeadOffice("306", "广发银行", "China Guangfa Bank", "306581000003", "cgb"),
    HeadOffice("307", "平安银行", "Ping An Bank", "307584007998", "pingan"),
    HeadOffice("308", "招商银行", "China Merchants Bank", "308584000013", "cmb"),
    HeadOffice("309", "兴业银行", "Industrial Bank", "309391000011", "cib"),
    HeadOffice("310", "浦发银行", "Shanghai Pudong Development Bank", "310290000013", "spdb"),
    HeadOffice("313", "城市商业银行", "City commercial banks"),
    HeadOffice("314", "农村商业银行", "Rural commercial banks"),
    HeadOffice("315", "恒丰银行", "Hengfeng Bank", "315456000105"),
    HeadOffice("316", "浙商银行", "China Zheshang Bank", "316331000018"),
    HeadOffice("317", "农村合作银行", "Rural cooperative banks"),
    HeadOffice("318", "渤海银行", "China Bohai Bank", "318110000014"),
    HeadOffice("319", "徽商银行", "Huishang Bank"),
    HeadOffice("320", "村镇银行", "Village and township banks"),
    HeadOffice("322", "上海农商银行", "Shanghai Rural Commercial Bank", "322290000011"),
    HeadOffice("325", "上海银行", "Bank of Shanghai", "325290000012"),
    HeadOffice("402", "农村信用社", "Rural credit cooperatives"),
    HeadOffice("403", "中国邮政储蓄银行", "Postal Savings Bank of China", "403100000004", "psbc"),
)

# Head offices of city banks under the shared prefix.
SHARED_PREFIX_OFFICES = {
    "313100000013": "北京银行股份有限公司",
    "313301099999": "江苏银行股份有限公司",
    "313332082914": "宁波银行股份有限公司",
    "313331000014": "杭州银行股份有限公司",
    "314581000011": "广州农村商业银行股份有限公司",
}


def lay_down_banks() -> int:
    """Write the built-in banks and head offices where missing (a step, idempotent); answers how many banks there are."""
    Bank.objects.bulk_create(
        [
            Bank(
                prefix=o.prefix,
                name=o.name,
                name_en=o.name_en,
                pinyin=checks.pinyin_of(o.name, 200),
                head_office_cnaps=o.cnaps,
                slug=o.slug,
            )
            for o in HEAD_OFFICES
        ],
        ignore_conflicts=True,
    )
    offices = {o.cnaps: f"{o.name}总行" for o in HEAD_OFFICES if o.cnaps} | SHARED_PREFIX_OFFICES
    Branch.objects.bulk_create(
        [
            Branch(
                cnaps=cnaps,
                bank_id=cnaps[:3],
                name=name,
                pinyin=checks.pinyin_of(name),
                area_code=cnaps[3:7],
            )
            for cnaps, name in offices.items()
        ],
        ignore_conflicts=True,
    )
    return len(HEAD_OFFICES)


PROFILE_FIELDS = (
    "name",
    "name_en",
    "abilities",
    "items_max",
    "inquiry_items_max",
    "min_inquiry_interval_s",
    "visibility_delay_s",
    "not_found_is_final",
    "bank_dedups_by_reference",
    "cnaps_prefix",
    "statement_rows_max",
    "statement_span_days",
    "balance_accounts_max",
    "field_limits",
    "forbidden",
    "confirm_with_bank",
    "reference_rule",
    "endpoints",
    "settings",
)


def write_profile(profile: Mapping[str, Any]) -> BankProfile:
    """Write what an adapter declares of its bank: `slug`, `name_zh` (or `name`) and any of PROFILE_FIELDS.

    The bank of the declared CNAPS prefix learns the adapter's slug. Other keys raise ValueError.
    """
    values = dict(profile)
    slug = values.pop("slug")
    if "name_zh" in values:
        values["name"] = values.pop("name_zh")
    unknown = set(values) - set(PROFILE_FIELDS)
    if unknown:
        raise ValueError(f"a bank profile has no {sorted(unknown)}")
    row, _ = BankProfile.objects.update_or_create(
        slug=slug, defaults={**values, "updated_at": clock.now()}
    )
    if prefix := values.get("cnaps_prefix", ""):
        Bank.objects.filter(pk=prefix).update(slug=slug)
    return row
