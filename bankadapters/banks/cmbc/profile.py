"""What the platform is told of China Minsheng Bank.  Source: CMBC sheet."""

from __future__ import annotations

from collections.abc import Mapping

from bankadapters.contract import Ability
from bankadapters.profiles import Endpoint, Profile, Question, Setting

CHARSET = "gb2312"
CODECS: Mapping[str, str] = {"GB2312": "gb2312", "GBK": "gbk", "UTF-8": "utf-8"}
FIELD_LIMITS = {"reference": (20, "bytes:gb2312")}  # the house's own: the sheet gives no lengths
ENDPOINTS = (
    Endpoint(
        "main",
        "民生前置代理地址",
        "Address of the bank's proxy",
        "http://host:8088/eweb/b2e/connect.do",
    ),
)
_CAPTURE_ZH = "应答字段名未公开：联调抓取应答后填写，填写前不查询余额"
_CAPTURE_EN = (
    "not public: fill in from an answer captured in the joint test; no balance before that"
)
_TYPE_ZH = "明细 type 取值未公开；确认前不读取明细，以免借贷颠倒"
_TYPE_EN = "not public: until it is confirmed no details are read, lest in and out be swapped"
SETTINGS = (
    Setting("clientId", "企业客户号", "Customer number", is_required=True, source="3"),
    Setting("userId", "操作员号", "User", is_required=True, source="3"),
    Setting("userPswd", "操作员密码", "Password", is_required=True, is_secret=True, source="2"),
    Setting(
        "encoding",
        "报文编码",
        "Encoding of requests",
        "GB2312",
        tuple(CODECS),
        source="1, encoding",
        confirm_zh="与前置代理的设置一致；GB2312 不含的汉字须用 UTF-8",
        confirm_en="as the proxy is set up; characters that GB2312 lacks need UTF-8",
    ),
    Setting(
        "content_type",
        "HTTP 内容类型",
        "Content type",
        "form",
        ("form", "bdes"),
        source="1, transport",
        confirm_zh="form 为 application/x-www-form-urlencoded，bdes 为 application/x-NS-BDES",
        confirm_en="form is application/x-www-form-urlencoded, bdes application/x-NS-BDES",
    ),
    Setting(
        "home_localFlag",
        "行内汇路",
        "Way of payments inside the bank",
        "1",
        ("0", "1"),
        source="4, Xfer localFlag",
        confirm_zh="0 同城，1 异地；平台不判断同城",
        confirm_en="0 local, 1 remote: the platform does not tell which",
    ),
    Setting(
        "localFlag",
        "跨行普通汇路",
        "Way of ordinary payments to other banks",
        "2",
        ("2", "3", "5"),
        source="4, Xfer localFlag",
        confirm_zh="2 小额，3 大额，5 实时（限额 5 万元，超过的走大额）",
        confirm_en="2 BEPS, 3 HVPS, 5 instant (up to 50,000; above that HVPS)",
    ),
    Setting(
        "urgent_localFlag",
        "跨行加急汇路",
        "Way of urgent payments to other banks",
        "3",
        ("3", "5"),
        source="4, Xfer localFlag",
        confirm_zh="3 大额，5 实时（限额 5 万元，超过的走大额）",
        confirm_en="3 HVPS, 5 instant (up to 50,000; above that HVPS)",
    ),
    Setting(
        "bankAddr",
        "收款行地址",
        "Address of payee banks",
        source="4, Xfer bankAddr",
        confirm_zh="留空时不填，请确认银行接受",
        confirm_en="left empty: confirm that the bank takes it",
    ),
    Setting("typeCode", "明细查询类型", "typeCode of details", source="4, qryDtl"),
    Setting(
        "debit_type",
        "明细 type：借方（付出）取值",
        "Value of type for money out",
        is_required=True,
        source="4, qryDtl type",
        confirm_zh=_TYPE_ZH,
        confirm_en=_TYPE_EN,
    ),
    Setting(
        "credit_type",
        "明细 type：贷方（收入）取值",
        "Value of type for money in",
        is_required=True,
        source="4, qryDtl type",
        confirm_zh=_TYPE_ZH,
        confirm_en=_TYPE_EN,
    ),
    Setting(
        "balance_account",
        "余额应答：账号字段名",
        "Balance answer: element of the account",
        "acntNo",
        source="4, qryBal",
        confirm_zh=_CAPTURE_ZH,
        confirm_en=_CAPTURE_EN,
    ),
    Setting(
        "balance_book",
        "余额应答：账面余额字段名",
        "Balance answer: element of the book balance",
        is_required=True,
        source="4, qryBal",
        confirm_zh=_CAPTURE_ZH,
        confirm_en=_CAPTURE_EN,
    ),
    Setting(
        "balance_available",
        "余额应答：可用余额字段名",
        "Balance answer: element of the available balance",
        source="4, qryBal",
        confirm_zh=_CAPTURE_ZH,
        confirm_en=_CAPTURE_EN,
    ),
)
PROFILE = Profile(
    slug="cmbc",
    name_zh="中国民生银行",
    name_en="China Minsheng Bank",
    cnaps_prefix="305",
    items_max=1,
    inquiry_items_max=1,
    statement_names_reference=False,
    statement_rows_max=50,
    statement_span_days=31,
    balance_accounts_max=1,
    charset=CHARSET,
    field_limits=FIELD_LIMITS,
    endpoints=ENDPOINTS,
    settings=SETTINGS,
    confirm_with_bank=(
        Question("各字段长度上限", "the longest text of each field"),
        Question("重复 insId 的应答码", "the code for a repeated insId"),
        Question(
            "批量 batchXfer 的 fileContent 行格式与最大行数", "the lines of batchXfer's fileContent"
        ),
        Question(
            "费用报销 CostReimb、TransferXfer、电子回单、归集的报文",
            "the messages of CostReimb, TransferXfer, receipts and sweeps",
        ),
        Question("退票如何体现", "how a returned payment shows"),
        Question("明细一次可查的天数与行数", "how many days and rows one query of details spans"),
        Question("两次查询的最小间隔", "the least interval between two queries"),
    ),
    sources={
        "inquiry_items_max": "qryXfer: one number a query",
        "charset": "1, encoding; 7, composed request",
        "field_limits": "the house's own",
        "statement_names_reference": "4, qryDtl has no insId",
        "endpoints": "1, transport",
        "items_max": "4: Xfer carries one payment, the lines of batchXfer are not known",
    },
)
ABILITIES = frozenset({Ability.BALANCE, Ability.TRANSACTIONS, Ability.PAY, Ability.INQUIRE})
