"""What the platform is told of Ping An Bank.  Source: PingAn sheet."""

from __future__ import annotations

from bankadapters.contract import Ability
from bankadapters.profiles import Endpoint, Profile, Question, Setting

CHARSET = "gbk"
ITEMS_MAX = 500
FIELD_LIMITS = {
    "reference": (20, "bytes:gbk"),
    "payer_account": (20, "bytes:gbk"),
    "payer_name": (60, "bytes:gbk"),
    "payee_account": (32, "bytes:gbk"),
    "payee_name": (60, "bytes:gbk"),
    "payee_bank": (60, "bytes:gbk"),
    "purpose": (100, "bytes:gbk"),
    "cnaps": (12, "bytes:gbk"),
}
SETTINGS = (
    Setting(
        "enterprise_code",
        "企业代码（20 位，银行分配）",
        "Enterprise code (20, given by the bank)",
        is_required=True,
        source="3, offset 10",
    ),
    Setting("operator", "操作员代码（5 位）", "Operator", "00001", source="3, offset 46"),
    Setting(
        "AddrFlag",
        "同城异地标志",
        "Same city or not",
        "2",
        ("1", "2"),
        source="4, 4004",
        confirm_zh="平台不判断同城，一律按此值填写（2 异地）",
        confirm_en="the platform does not tell same city from other: this value goes out (2 other)",
    ),
    Setting(
        "PayType",
        "批量扣款方式",
        "How a batch is debited",
        "0",
        ("0", "1"),
        source="4, 4018",
        confirm_zh="0 逐笔扣款，对账单逐笔可对；1 汇总扣款",
        confirm_en="0 debits one by one, so that the statement can be matched; 1 debits the total",
    ),
    Setting(
        "QueryType",
        "批量查询类型",
        "Query type of 4015",
        "0",
        source="4, 4015",
        confirm_zh="QueryType 取值含义请向银行确认（按 0 全部查询）",
        confirm_en="the meaning of QueryType: 0 is taken for all",
    ),
    Setting(
        "receipt_BsnCode",
        "回单业务代码（F001 BsnCode）",
        "Receipt code (BsnCode of F001)",
        source="4, others",
        confirm_zh="BsnCode 取值请向银行索取；未填写时不查询回单",
        confirm_en="ask the bank for BsnCode; without it no receipts are asked for",
    ),
)
PROFILE = Profile(
    statement_names_reference=False,
    slug="pingan",
    name_zh="平安银行",
    name_en="Ping An Bank",
    cnaps_prefix="307",
    items_max=ITEMS_MAX,
    inquiry_items_max=ITEMS_MAX,
    min_inquiry_interval_s=600,
    bank_dedups_by_reference=True,
    statement_rows_max=100,
    statement_span_days=31,
    charset=CHARSET,
    field_limits=FIELD_LIMITS,
    endpoints=(
        Endpoint("main", "银企直联客户端地址（TCP 或 HTTP）", "Client address", "tcp://host:7072"),
    ),
    settings=SETTINGS,
    confirm_with_bank=(
        Question(
            "4005“查无记录”的包头返回码（填入“查无此笔的返回码”）",
            "the header code of 4005 for no such record, for the list of not-found codes",
        ),
        Question(
            "可确认为最终失败的包头返回码（填入“确定失败的返回码”）",
            "header codes that are definite failures, for the list of final failures",
        ),
        Question(
            "旧版客户端用途（UseEx）仅 30 字节，新版 100 字节",
            "older clients take 30 bytes of UseEx, newer ones 100",
        ),
        Question("代发 4047/4048 的报文字段", "the fields of payroll 4047 and 4048"),
        Question(
            "归集 4052 无企业流水号，平台改用 4004 行内转账",
            "4052 carries no number of ours: sweeps go as own-bank transfers by 4004",
        ),
        Question("回单文件传输 FILE01–FILE04 的流程", "how receipt files come by FILE01 to FILE04"),
    ),
    sources={
        "inquiry_items_max": "batches: 4015 tells a whole batch of up to 500",
        "items_max": "4: 4018 takes up to 500",
        "min_inquiry_interval_s": "4: 4015 not more than every 10 minutes",
        "bank_dedups_by_reference": "4, 4004: ThirdVoucher is unique for 6 months at least; 5: MA4045",
        "statement_rows_max": "4, 4013: 100 a page today, 1000 in the past",
        "charset": "1, encoding",
        "field_limits": "4, 4004",
    },
)
ABILITIES = frozenset(
    {
        Ability.SIGN_ON,
        Ability.BALANCE,
        Ability.HISTORY_BALANCE,
        Ability.TRANSACTIONS,
        Ability.PAY,
        Ability.PAY_BATCH,
        Ability.SWEEP,
        Ability.INQUIRE,
        Ability.INQUIRE_BATCH,
        Ability.RECEIPT_LIST,
    }
)
