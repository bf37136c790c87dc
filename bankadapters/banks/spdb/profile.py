"""What the platform is told of Shanghai Pudong Development Bank.  Source: SPDB sheet."""

from __future__ import annotations

from bankadapters.contract import Ability
from bankadapters.profiles import Endpoint, Profile, Question, Setting

CHARSET = "gb18030"
ITEMS_MAX = 20
FIELD_LIMITS = {"reference": (20, "bytes:gb18030")}  # the house's own: the sheet gives no lengths
FORBIDDEN = {"purpose": "|"}  # the bank appends its reasons behind one
ENDPOINTS = (
    Endpoint("main", "浦发前置业务端口", "Business port of the front-end", "http://host:5777/"),
    Endpoint(
        "sign",
        "本地签名服务器（签名与验签）",
        "Local signature server (signs and verifies)",
        "http://host:4437/",
    ),
)
SETTINGS = (
    Setting("masterID", "企业客户号", "Customer number", is_required=True, source="3, head"),
    Setting(
        "authMasterID",
        "网银授权客户号",
        "Customer number of authorisation in the web bank",
        source="4, 8800",
        confirm_zh="填写后付款需在网银授权；留空为直接记账",
        confirm_en="with it payments wait for authorisation in the web bank; empty books directly",
    ),
    Setting(
        "single",
        "跨行单笔交易",
        "Trade of single payments to other banks",
        "8801",
        ("8801", "EG01"),
        source="4, EG01",
        confirm_zh="EG01 为实时跨行，限额与时段请向银行确认",
        confirm_en="EG01 is instant: ask for its limits and hours",
    ),
    Setting(
        "remitLocation",
        "同城异地标志",
        "Same city or not",
        "1",
        ("0", "1"),
        source="4, 8801",
        confirm_zh="平台不判断同城，一律按此值填写（1 异地）",
        confirm_en="the platform does not tell same city from other: this value goes out (1 other)",
    ),
    Setting(
        "payeeAddress",
        "收款行地址",
        "Address of payee banks",
        source="4, 8801",
        confirm_zh="留空时不填地址，请确认银行接受",
        confirm_en="left out when empty: confirm that the bank takes it",
    ),
    Setting("payPurpose", "付款用途代码", "Purpose code of payments", source="4, 8801"),
    Setting(
        "debitFlag",
        "明细中表示借方（付出）的标志",
        "Mark of a debit (money out) in details",
        "",
        ("", "0", "1", "D"),
        is_required=True,
        source="4, 8924",
        confirm_zh="公开资料未载明取值；确认前不读取明细，以免借贷颠倒",
        confirm_en="not public: until it is confirmed no details are read, lest in and out be swapped",
    ),
)
PROFILE = Profile(
    slug="spdb",
    name_zh="浦发银行",
    name_en="Shanghai Pudong Development Bank",
    cnaps_prefix="310",
    items_max=ITEMS_MAX,
    inquiry_items_max=ITEMS_MAX,
    statement_names_counterparty=False,
    statement_rows_max=20,
    statement_span_days=31,
    balance_accounts_max=10,
    charset=CHARSET,
    field_limits=FIELD_LIMITS,
    forbidden=FORBIDDEN,
    endpoints=ENDPOINTS,
    settings=SETTINGS,
    confirm_with_bank=(
        Question("各字段长度上限", "the longest text of each field"),
        Question(
            "重复的 elecChequeNo 是否被拒绝", "whether a repeated elecChequeNo is turned away"
        ),
        Question("8924 应答的字段与借贷标志", "the fields of an 8924 answer, and its debit mark"),
        Question("一次查询明细的天数上限", "how many days one query of details spans"),
        Question(
            "电子回单申请与下载的交易码（下载文件附在报文之后）",
            "trade codes of receipts: applied for, then downloaded behind the packet",
        ),
        Question(
            "代发 5652 的明细字段，AQ52 批量的报文",
            "the rows of payroll 5652, the messages of batch AQ52",
        ),
        Question("两次查询的最小间隔", "the least interval between two queries"),
    ),
    sources={
        "inquiry_items_max": "8804: as many as a batch takes",
        "balance_accounts_max": "4402: rows of accounts; the house's own limit",
        "items_max": "4, 8800: up to 20 rows",
        "statement_rows_max": "4, 8924: queryNumber up to 20",
        "charset": "1, encoding",
        "field_limits": "the house's own",
        "statement_names_counterparty": "4, 8924: opposite bank only",
        "forbidden": "4, 8804: error text is appended to the note",
        "endpoints": "1, three hops",
    },
)
ABILITIES = frozenset(
    {
        Ability.BALANCE,
        Ability.TRANSACTIONS,
        Ability.PAY,
        Ability.PAY_BATCH,
        Ability.INQUIRE,
        Ability.INQUIRE_BATCH,
    }
)
