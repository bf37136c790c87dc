"""What the platform is told of Bank of Communications.  Source: BOCOM sheet."""

from __future__ import annotations

from bankadapters.contract import Ability
from bankadapters.profiles import Endpoint, Profile, Question, Setting

CHARSET = "gbk"
PEOPLE_MAX = 100
ACCOUNTS_MAX = 10
FIELD_LIMITS = {
    "reference": (20, "bytes:gbk"),
    "payer_account": (40, "bytes:gbk"),
    "payer_name": (60, "bytes:gbk"),
    "payee_account": (40, "bytes:gbk"),
    "payee_name": (60, "bytes:gbk"),
    "payee_bank": (60, "bytes:gbk"),
    "cnaps": (12, "bytes:gbk"),
    "purpose": (60, "bytes:gbk"),
}
SETTINGS = (
    Setting("corp_no", "企业代码", "Enterprise number", is_required=True, source="3"),
    Setting("user_no", "企业用户号", "Enterprise user", is_required=True, source="3"),
    Setting(
        "encoding",
        "报文编码",
        "Encoding",
        "GBK",
        ("GBK", "UTF-8"),
        source="1",
        confirm_zh="默认 GBK；直连机可改为 UTF-8，两边须一致",
        confirm_en="GBK by default; the direct-link machine may be set to UTF-8, both sides must agree",
    ),
    Setting(
        "area_flag",
        "同城异地标志",
        "Same city or not",
        "1",
        ("1", "0"),
        source="4d",
        confirm_zh="平台不判断同城，一律按此值填写（1 异地）",
        confirm_en="the platform does not tell same city from other: this value goes out (1 elsewhere)",
    ),
    Setting(
        "side_debit",
        "收支标志：支出的取值（逗号分隔）",
        "Values of 收支标志 for money out",
        source="4c",
        confirm_zh="取值未公开，须向银行确认；未填写的取值不入账并报错，平台不猜方向",
        confirm_en="not published, ask the bank: rows with a value that is on neither list are not taken, nothing is guessed",
    ),
    Setting(
        "side_credit",
        "收支标志：收入的取值（逗号分隔）",
        "Values of 收支标志 for money in",
        source="4c",
        confirm_zh="同上",
        confirm_en="as above",
    ),
    Setting(
        "normal_states",
        "明细状态：正常的取值（逗号分隔）",
        "Values of 状态 of ordinary entries",
        "0",
        source="4c",
        confirm_zh="公开资料仅见 0，其他取值含义请向银行确认",
        confirm_en="only 0 is known, ask for the meaning of other values",
    ),
    Setting(
        "no_rows_codes",
        "明细查询无记录的返回码（逗号分隔）",
        "Codes of queries of entries that mean no rows",
        source="3",
        confirm_zh="返回码清单未公开；未填写时无记录按查询失败处理",
        confirm_en="the codes are not published: without them such an answer is a failed query",
    ),
    Setting("busi_no", "代发协议号（330002）", "Agreement of payrolls", source="4e"),
    Setting(
        "payroll_type",
        "代发类型（330002）",
        "Type of payrolls",
        "S",
        source="4e",
        confirm_zh="公开资料仅见 S（其他代发），其他取值请向银行确认",
        confirm_en="only S (other payout) is known, ask for other values",
    ),
)
PROFILE = Profile(
    statement_names_reference=False,
    slug="bocom",
    name_zh="交通银行",
    name_en="Bank of Communications",
    cnaps_prefix="301",
    items_max=1,
    inquiry_items_max=1,
    payroll_items_max=PEOPLE_MAX,
    statement_rows_max=1000,
    statement_span_days=31,
    balance_accounts_max=ACCOUNTS_MAX,
    charset=CHARSET,
    field_limits=FIELD_LIMITS,
    endpoints=(
        Endpoint(
            "main",
            "直连机地址（TCP，或 HTTP 8899）",
            "Direct-link machine (TCP, or HTTP 8899)",
            "tcp://host:30010",
        ),
    ),
    settings=SETTINGS,
    confirm_with_bank=(
        Question(
            "重复的 cert_no 是否被拒绝（平台不自动重发）",
            "whether a repeated cert_no is refused (the platform never sends one again by itself)",
        ),
        Question(
            "310204“查无此笔”多久之后可视为未受理",
            "after how long “no such record” of 310204 means that it never came",
        ),
        Question(
            "本行个人收款须走代发（330002 等），平台拒绝以 210201 付本行个人",
            "persons at this bank are paid by agency payments: the platform refuses them in 210201",
        ),
        Question(
            "超级网银 210224 的参与机构号（partyid）清单",
            "the list of participants (partyid) of super-network transfers by 210224",
        ),
        Question(
            "大数据量明细以文件返回时的存放位置和格式（平台遇文件报错，不当作无明细）",
            "where large answers are left as files, and how they look: the platform reports them, never reads an empty day",
        ),
        Question("代发 330002 每次最多人数（平台按 100）", "people of one payroll (100 here)"),
        Question("一个报文最多查询几个账户（平台按 10）", "accounts of one message (10 here)"),
        Question(
            "多笔付款、归集、电子回单、账户清单交易", "batches, sweeps, e-receipts, account lists"
        ),
    ),
    sources={
        "inquiry_items_max": "(f): one number a query",
        "payroll_items_max": "(e): the house's own limit, the sheet names none",
        "statement_rows_max": "(c): answers come whole; the house's own page",
        "items_max": "4e: no ordinary batch is known",
        "reference": "4d: cert_no C20",
        "statement_span_days": "4c: at most 31 days a question, two years back",
        "balance_accounts_max": "3: the body is repeated; the house's own limit",
        "charset": "1, encoding",
        "field_limits": "4b, 4d, 4e",
    },
)
ABILITIES = frozenset(
    {
        Ability.BALANCE,
        Ability.TRANSACTIONS,
        Ability.PAY,
        Ability.PAYROLL,
        Ability.INQUIRE,
        Ability.INQUIRE_PAYROLL,
    }
)
