"""What the platform is told of China Guangfa Bank.  Source: bank overview, section 2.2."""

from __future__ import annotations

from bankadapters.contract import Ability
from bankadapters.profiles import Endpoint, Profile, Question, Setting

CHARSET = "gbk"
PAGE_ROWS = 20
FIELD_LIMITS = {
    "reference": (20, "bytes:gbk"),
    "payer_account": (32, "bytes:gbk"),
    "payer_name": (60, "bytes:gbk"),
    "payee_account": (32, "bytes:gbk"),
    "payee_name": (60, "bytes:gbk"),
    "payee_bank": (60, "bytes:gbk"),
    "cnaps": (12, "bytes:gbk"),
    "purpose": (60, "bytes:gbk"),
    "remark": (60, "bytes:gbk"),
}
_ELEMENT_ZH = "0001 应答元素名未公开；未填写时余额查询报错并列出应答中的元素名"
_ELEMENT_EN = "the answer of 0001 is not published: without the name a query fails and lists what the answer has"
SETTINGS = (
    Setting("cifMaster", "企业客户号", "Customer number", is_required=True, source="2.2"),
    Setting("entUserId", "操作员号", "Operator", is_required=True, source="2.2"),
    Setting("password", "操作员密码", "Password", is_required=True, is_secret=True, source="2.2"),
    Setting(
        "home_transfer",
        "行内转账交易",
        "Transaction inside the bank",
        "0011",
        ("0011", "0012"),
        source="2.2",
        confirm_zh="0012 为另一种转账，含义未公开",
        confirm_en="0012 is another kind of transfer, its meaning is not published",
    ),
    Setting(
        "interbank",
        "跨行转账交易",
        "Transaction between banks",
        "0021",
        ("0021", "0012"),
        source="2.2",
        confirm_zh="0021 为无需人工处理的跨行转账；请确认已开通",
        confirm_en="0021 goes without manual handling: confirm that it is open",
    ),
    Setting(
        "inAccBank",
        "收款行域（inAccBank）填写内容",
        "What inAccBank holds",
        "name",
        ("name", "cnaps"),
        source="2.2",
        confirm_zh="公开资料未说明填行名还是联行号，默认行名",
        confirm_en="name or clearing code: not published, the name by default",
    ),
    Setting(
        "payer_bank",
        "付款行名称（outAccBank）",
        "Name of the payer's branch (outAccBank)",
        source="2.2",
        confirm_zh="是否必填未公开，默认为空",
        confirm_en="whether it is wanted is not published, empty by default",
    ),
    Setting(
        "status",
        "状态查询交易",
        "Transaction of status queries",
        "0004",
        ("0004", "0022"),
        source="2.2",
        confirm_zh="两个交易的区别未公开",
        confirm_en="how the two differ is not published",
    ),
    Setting(
        "queryType",
        "明细查询类型（0032 queryType）",
        "queryType of 0032",
        source="2.2",
        confirm_zh="取值未公开，默认为空",
        confirm_en="its values are not published, empty by default",
    ),
    Setting(
        "last_page",
        "明细最后一页的标志取值（pageFlag）",
        "Value of pageFlag on the last page",
        source="2.2",
        confirm_zh="取值未公开；未填写时按下一页位置继续，直到没有新明细",
        confirm_en="not published: without it the platform follows the next place until nothing new comes",
    ),
    Setting(
        "no_rows_codes",
        "明细查询无记录的返回码（逗号分隔）",
        "Codes of 0032 that mean no rows",
        source="2.2",
        confirm_zh="返回码清单未公开；未填写时无记录按查询失败处理",
        confirm_en="the codes are not published: without them such an answer is a failed query",
    ),
    Setting(
        "balance_element",
        "余额元素名（0001）",
        "Element of the balance (0001)",
        source="2.2",
        confirm_zh=_ELEMENT_ZH,
        confirm_en=_ELEMENT_EN,
    ),
    Setting(
        "available_element",
        "可用余额元素名（0001）",
        "Element of the available balance (0001)",
        source="2.2",
        confirm_zh=_ELEMENT_ZH,
        confirm_en=_ELEMENT_EN,
    ),
)
PROFILE = Profile(
    slug="cgb",
    name_zh="广发银行",
    name_en="China Guangfa Bank",
    cnaps_prefix="306",
    items_max=1,
    inquiry_items_max=100,
    statement_rows_max=PAGE_ROWS,
    statement_span_days=31,
    statement_names_reference=False,
    charset=CHARSET,
    field_limits=FIELD_LIMITS,
    endpoints=(
        Endpoint(
            "main",
            "CGBClient 地址",
            "Address of the client",
            "http://host:9528/CGBClient/BankAction",
        ),
    ),
    settings=SETTINGS,
    confirm_with_bank=(
        Question(
            "可确认为最终失败的返回码清单（填入“确定失败的返回码”）",
            "codes that are definite failures, for the list of final failures",
        ),
        Question(
            "状态查询“查无此笔”的返回码（填入“查无此笔的返回码”）",
            "the code of the status query for no such payment, for the list of not-found codes",
        ),
        Question(
            "各字段最大长度、entSeqNo 长度（平台按 60/20 字节从严控制）",
            "field lengths and that of entSeqNo: the platform keeps to 60 and 20 bytes",
        ),
        Question(
            "批量 0033、代发 0019 的请求报文；未明确前不提供",
            "the requests of batch 0033 and payroll 0019",
        ),
        Question(
            "明细中 usableMoney 是否为记账后余额（平台不用作余额）",
            "whether usableMoney of an entry is the balance after it (it is not taken for one)",
        ),
        Question(
            "明细查询每页笔数和最长区间（平台按 20 笔、31 天）",
            "rows and days of one query of entries",
        ),
        Question("电子回单、账户清单、归集交易", "e-receipts, account lists, sweeps"),
    ),
    sources={
        "inquiry_items_max": "2.2: 0034 tells a whole batch, 0004 one payment",
        "items_max": "2.2: one payment a message; the request of 0033 is not published",
        "charset": "2.2, GBK",
        "field_limits": "not published: the house's own",
        "statement_rows_max": "2.2: queryNumber; the house's own",
    },
)
ABILITIES = frozenset(
    {
        Ability.BALANCE,
        Ability.TRANSACTIONS,
        Ability.PAY,
        Ability.INQUIRE,
        Ability.INQUIRE_BATCH,
    }
)
