"""What the platform is told of Industrial and Commercial Bank of China.  Source: ICBC sheet."""

from __future__ import annotations

from bankadapters.contract import Ability
from bankadapters.profiles import Endpoint, Profile, Question, Setting

CHARSET = "gbk"
FIELD_LIMITS = {
    "reference": (30, "bytes:gbk"),
    "payee_bank": (60, "chars"),
    "cnaps": (12, "bytes:gbk"),
    "purpose": (20, "bytes:gbk"),
    "remark": (60, "bytes:gbk"),
}
ENDPOINTS = (
    Endpoint(
        "main",
        "NetSafe Client 安全端口（业务）",
        "NetSafe Client, encrypting port (business)",
        "http://host:448",
    ),
    Endpoint(
        "sign",
        "NetSafe Client 签名端口",
        "NetSafe Client, signing port",
        "http://host:449",
    ),
)
SETTINGS = (
    Setting("CIS", "集团客户号（CIS）", "Customer number (CIS)", is_required=True, source="3, pub"),
    Setting("ID", "证书 ID", "Certificate id", is_required=True, source="1, form fields"),
    Setting(
        "version",
        "接口版本",
        "Layout version",
        "0.0.0.1",
        ("0.0.0.1", "0.0.1.0"),
        source="1, form fields",
        confirm_zh="两个版本字段布局不同，以银行开通的版本为准",
        confirm_en="the two versions differ in their fields: the one the bank has opened",
    ),
    Setting(
        "PayType",
        "普通汇款方式（2 普通 / 3 跨行快汇）",
        "Ordinary payments: 2 ordinary, 3 inter-bank fast",
        "2",
        ("2", "3"),
        source="4 (d), PayType",
        confirm_zh="加急付款固定为 1；快汇的限额与时段请向银行确认",
        confirm_en="urgent payments go as 1; ask for limits and hours of fast payments",
    ),
    Setting(
        "IsSameCity",
        "同城异地标志",
        "Same city or not",
        "2",
        ("1", "2"),
        source="4 (d), IsSameCity",
        confirm_zh="平台不判断同城，一律按此值填写（2 异地）",
        confirm_en="the platform does not tell same city from other: this value goes out (2 other)",
    ),
    Setting(
        "RecCityName",
        "跨行收款城市",
        "City of payees at other banks",
        source="4 (d), RecCityName",
        confirm_zh="跨行非快汇需填城市；留空时只送联行号，请确认银行接受",
        confirm_en="wanted to other banks unless fast; empty sends the clearing code alone: confirm",
    ),
    Setting(
        "AreaCode",
        "账户地区号",
        "Region code of the accounts",
        source="4 (c), QPD",
        confirm_zh="当日明细查询的地区号，留空由银行判断，请确认",
        confirm_en="of today's details; empty lets the bank find out: confirm",
    ),
    Setting(
        "BankType",
        "历史明细行别",
        "Kind of bank in history details",
        source="4 (c), QHISD",
        confirm_zh="取值含义未公开，默认留空",
        confirm_en="its values are not public; empty by default",
    ),
)
PROFILE = Profile(
    slug="icbc",
    name_zh="中国工商银行",
    name_en="Industrial and Commercial Bank of China",
    cnaps_prefix="102",
    items_max=100,
    inquiry_items_max=100,
    statement_rows_max=100,
    statement_span_days=31,
    balance_accounts_max=10,
    charset=CHARSET,
    field_limits=FIELD_LIMITS,
    endpoints=ENDPOINTS,
    settings=SETTINGS,
    confirm_with_bank=(
        Question(
            "一个指令包最多多少笔（超过时需压缩 zip）", "how many payments a package takes unzipped"
        ),
        Question(
            "QPAYENT 是否原样返回 ERPSqn（批量付款按它逐笔对应）",
            "whether QPAYENT echoes ERPSqn: payments of a package are told apart by it",
        ),
        Question(
            "明细中 Ref 是否返回付款时的 Ref",
            "whether details bring back the Ref of a payment",
        ),
        Question("包序列号 fSeqno 的长度上限", "the longest fSeqno"),
        Question(
            "明细查询金额上限 MaxAmt 最大可填多少（现填 999,999,999.99 元，更大的单笔不会返回）",
            "the largest MaxAmt of a query of details: 999,999,999.99 is sent, and a larger entry would not be told",
        ),
        Question("历史明细一次可查的天数", "how many days one query of history details spans"),
        Question(
            "电子回单、账户列表的报文格式", "the messages of electronic receipts and account lists"
        ),
        Question("两次查询的最小间隔", "the least interval between two queries"),
    ),
    sources={
        "items_max": "(d), (e): the maximum is not published, the house's own limit",
        "inquiry_items_max": "(f): one package a query, with all its items",
        "statement_rows_max": "(c): pages by NextTag, the house's own page",
        "balance_accounts_max": "(b): TotalNum rows; the house's own limit",
        "charset": "1, encoding",
        "field_limits": "4 (d), rd; 6, limits count GBK bytes",
        "endpoints": "1, two ports",
        "bank_dedups_by_reference": "5, B0012: a repeated package is answered like an empty one",
    },
)
ABILITIES = frozenset(
    {
        Ability.BALANCE,
        Ability.TRANSACTIONS,
        Ability.PAY,
        Ability.PAY_BATCH,
        Ability.PAYROLL,
        Ability.INQUIRE,
        Ability.INQUIRE_BATCH,
        Ability.INQUIRE_PAYROLL,
    }
)
