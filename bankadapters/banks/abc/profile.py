"""What the platform is told of Agricultural Bank of China.  Source: ABC sheet."""

from __future__ import annotations

from bankadapters.contract import Ability
from bankadapters.profiles import Endpoint, Profile, Question, Setting

CHARSET = "gbk"
FIELD_LIMITS = {
    "reference": (20, "bytes:gbk"),
    "payer_account": (30, "bytes:gbk"),
    "payer_name": (60, "bytes:gbk"),
    "payee_account": (30, "bytes:gbk"),
    "payee_name": (60, "bytes:gbk"),
    "payee_bank": (60, "bytes:gbk"),
    "cnaps": (12, "bytes:gbk"),
    "purpose": (30, "bytes:gbk"),
    "remark": (30, "bytes:gbk"),
}
SETTINGS = (
    Setting("CorpNo", "客户号", "Corporation number", is_required=True, source="3"),
    Setting("OpNo", "操作员号", "Operator", source="3"),
    Setting("AuthNo", "授权号", "Authority", source="3"),
    Setting(
        "UrgencyFlag",
        "加急标志取值",
        "Values of UrgencyFlag",
        "Y/N",
        ("Y/N", "1/0"),
        source="4.3",
        confirm_zh="公开实现两种取值都有，按本行前置机确认",
        confirm_en="both are in use: confirm which the front-end takes",
    ),
    Setting(
        "CrBankType",
        "收款行类型（他行）",
        "Kind of the payee's bank",
        source="4.3",
        confirm_zh="取值未公开，默认为空",
        confirm_en="the values are not published, empty by default",
    ),
    Setting("ConFlag", "校验收款户名", "Check the payee's name", "1", ("1", "0"), source="4.3"),
    Setting(
        "sweep",
        "内部转账交易",
        "Transaction of internal transfers",
        "CFRT02",
        ("CFRT02", "CFRT01"),
        source="4.5",
        confirm_zh="集团内划转 CFRT01 的字段为推断，启用前请与银行核对",
        confirm_en="the fields of CFRT01 are inferred: check with the bank before it is used",
    ),
    Setting(
        "refusals",
        "付款返回码的处理",
        "What an error code of a payment means",
        "listed",
        ("listed", "any"),
        source="5",
        confirm_zh="listed：仅清单内的码判失败，其余查询；any：四位数字码（9999 除外）均判失败，须银行书面确认",
        confirm_en="listed: only listed codes fail a payment; any: all codes of four digits but 9999, once the bank confirms",
    ),
    Setting(
        "side_debit",
        "借方标志取值（AmtIndex，逗号分隔）",
        "Values of AmtIndex for money out",
        source="4.2",
        confirm_zh="取值未公开；未填写时由余额变动判断方向，无法判断的明细不入账并报错",
        confirm_en="not published: without them the change of the balance tells, and what it cannot tell is not guessed",
    ),
    Setting(
        "side_credit",
        "贷方标志取值（AmtIndex，逗号分隔）",
        "Values of AmtIndex for money in",
        source="4.2",
        confirm_zh="同上",
        confirm_en="as above",
    ),
    Setting(
        "details_end",
        "明细已到末尾的标志取值（ContFlag）",
        "Value of ContFlag that means no more rows",
        source="4.2",
        confirm_zh="取值未公开；未填写时逐次查询直到没有新明细",
        confirm_en="not published: without it the platform asks until nothing new comes",
    ),
)
PROFILE = Profile(
    slug="abc",
    name_zh="中国农业银行",
    name_en="Agricultural Bank of China",
    cnaps_prefix="103",
    items_max=1,
    inquiry_items_max=1,
    statement_rows_max=1000,
    statement_span_days=31,
    charset=CHARSET,
    field_limits=FIELD_LIMITS,
    endpoints=(
        Endpoint("main", "银企通前置机地址", "Address of the front-end", "tcp://host:15999"),
        Endpoint(
            "files",
            "前置机文件目录（明细文件）",
            "Folder of the front-end's files",
            "file:///mnt/abc",
        ),
    ),
    settings=SETTINGS,
    confirm_with_bank=(
        Question(
            "各字段最大长度（平台按代发文件的 60/30 字节从严控制）",
            "field lengths: the platform keeps to the 60 and 30 bytes of the payroll file",
        ),
        Question(
            "可确认为最终失败的返回码清单（填入“确定失败的返回码”）",
            "codes that are definite failures, for the list of final failures",
        ),
        Question(
            "CQRT04“查无此笔”的返回码（填入“查无此笔的返回码”）",
            "the code of CQRT04 for no such payment, for the list of not-found codes",
        ),
        Question(
            "重复的 ReqSeqNo 是否被拒绝（一年内不得重复）",
            "whether a repeated ReqSeqNo is refused (it must not repeat within a year)",
        ),
        Question(
            "加密报文（首字节为 1）的算法；平台只发送、只接收明文",
            "the algorithm of encrypted packets (flag 1): the platform takes plain ones only",
        ),
        Question(
            "代发 CFRT03 的结果如何查询；未明确前不提供代发",
            "how the result of payroll CFRT03 is asked for: until then there is no payroll",
        ),
        Question(
            "明细查询每次最多跨几天（平台按 31 天）", "days of one query of entries (31 here)"
        ),
        Question("电子回单、归集交易", "e-receipts and sweeps"),
    ),
    sources={
        "inquiry_items_max": "4.8: one number a query",
        "items_max": "4.3: one payment a message; batches are verified for payrolls only",
        "charset": "1, encoding",
        "field_limits": "4.7: the widths of the payroll file; others are not published",
        "statement_rows_max": "4.2: the house's own page",
    },
)
ABILITIES = frozenset(
    {
        Ability.BALANCE,
        Ability.TRANSACTIONS,
        Ability.PAY,
        Ability.SWEEP,
        Ability.INQUIRE,
    }
)
