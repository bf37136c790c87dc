"""What the platform is told of Industrial Bank.  Source: CIB sheet."""

from __future__ import annotations

from bankadapters.contract import Ability
from bankadapters.profiles import Endpoint, Profile, Question, Setting

CHARSET = "gbk"
ITEMS_MAX, PEOPLE_MAX = 100, 200
FIELD_LIMITS = {
    "reference": (30, "bytes:gbk"),
    "payer_account": (18, "bytes:gbk"),
    "payer_name": (50, "bytes:gbk"),
    "payee_account": (32, "bytes:gbk"),
    "payee_name": (60, "bytes:gbk"),
    "payee_bank": (60, "bytes:gbk"),
    "cnaps": (12, "bytes:gbk"),
    "purpose": (60, "bytes:gbk"),
    "remark": (30, "bytes:gbk"),
}
SINGLE_LIMITS = FIELD_LIMITS | {"payee_name": (50, "bytes:gbk"), "payee_bank": (50, "bytes:gbk")}
FORBIDDEN = dict.fromkeys(
    ("payer_name", "payee_account", "payee_name", "payee_bank", "purpose", "remark"), "<>&\r\n"
)
SETTINGS = (
    Setting("CID", "企业网银客户号（10 位数字）", "Customer number", is_required=True, source="3"),
    Setting("USERID", "操作员登录名", "Operator", is_required=True, source="3"),
    Setting("USERPASS", "操作员密码", "Password", is_required=True, is_secret=True, source="2, 3"),
    Setting("APPID", "应用标识（可空）", "APPID (may be empty)", source="3"),
    Setting("APPVER", "应用版本（可空）", "APPVER (may be empty)", source="3"),
    Setting(
        "transfer",
        "单笔付款交易",
        "Transaction of single payments",
        "XFERTRN",
        ("XFERTRN", "ICTRANSFERTRN"),
        source="4c",
        confirm_zh="ICTRANSFERTRN（快速转账）要求代理 EnableSign=YES，且不受限额和网银复核控制",
        confirm_en="ICTRANSFERTRN wants EnableSign=YES, and knows neither limits nor review in web banking",
    ),
    Setting(
        "batch",
        "批量付款交易",
        "Transaction of batches",
        "ASYNBATCHTRSFRTRN",
        ("ASYNBATCHTRSFRTRN", "RBATCHTRSFRTRN"),
        source="4d",
        confirm_zh="异步批量要求代理 EnableSign=YES；实时批量按网银流程复核",
        confirm_en="the asynchronous batch wants EnableSign=YES; the other follows the review of web banking",
    ),
    Setting(
        "LOCAL",
        "同城标志",
        "Same city or not",
        "N",
        ("N", "Y"),
        source="4c",
        confirm_zh="平台不判断同城，一律按此值填写",
        confirm_en="the platform does not tell same city from other: this value goes out",
    ),
    Setting(
        "CITY",
        "跨行收款城市",
        "City of payees at other banks",
        source="4c, CITY",
        confirm_zh="异地收款方需填城市；留空时只送联行号，请确认银行接受",
        confirm_en="wanted of payees elsewhere; empty sends the clearing code alone: confirm",
    ),
    Setting(
        "super_for_urgent",
        "加急付款走超级网银（5 万元以内）",
        "Urgent payments up to 50,000 by the super network",
        "N",
        ("N", "Y"),
        source="4c",
    ),
    Setting(
        "confirm_interbank",
        "跨行付款成功后再查核心状态",
        "Ask the core about interbank payments reported as paid",
        "Y",
        ("Y", "N"),
        source="7.3",
        confirm_zh="INQSTATE 未开通时须改为 N，此时 PAYOUT 即视为成功",
        confirm_en="N only where INQSTATE is not open: then PAYOUT counts as paid",
    ),
    Setting(
        "payroll_kind",
        "代发用途代码",
        "Purpose code of payrolls",
        "006",
        ("006", "022", "047", "048", "605", "747", "813", "007", "008", "080"),
        source="4d",
    ),
)
PROFILE = Profile(
    statement_names_reference=False,
    slug="cib",
    name_zh="兴业银行",
    name_en="Industrial Bank",
    cnaps_prefix="309",
    items_max=ITEMS_MAX,
    inquiry_items_max=ITEMS_MAX,
    payroll_items_max=PEOPLE_MAX,
    min_inquiry_interval_s=900,
    bank_dedups_by_reference=True,
    statement_rows_max=100,
    statement_span_days=1,
    charset=CHARSET,
    field_limits=FIELD_LIMITS,
    forbidden=FORBIDDEN,
    endpoints=(
        Endpoint(
            "main", "银企直联代理服务地址", "Address of the bank's agent", "http://host:8007/"
        ),
    ),
    settings=SETTINGS,
    confirm_with_bank=(
        Question(
            "可确认为最终失败的返回码清单（银行无公开全表，填入“确定失败的返回码”）",
            "codes that are definite failures (there is no public list), for the list of final failures",
        ),
        Question(
            "批量明细附言携带平台指令流水号，作为逐笔结果的依据",
            "the remark of each batch item carries the platform's number, by which its result is known",
        ),
        Question(
            "电子回单文件如何按 FILE_ID 下载", "how the file of a receipt is fetched by its FILE_ID"
        ),
        Question("日余额查询须先登记为重点账户", "day balances only of accounts registered for it"),
        Question("历史明细可查询的最早日期", "how far back entries can be asked for"),
    ),
    sources={
        "inquiry_items_max": "(e): as many as a batch takes",
        "items_max": "4d: up to 100",
        "payroll_items_max": "4d: 300, the bank advises below 200",
        "min_inquiry_interval_s": "1: not more than every 15 minutes",
        "bank_dedups_by_reference": "7.5: TRNUID is not executed twice",
        "statement_rows_max": "4b: 100 a page",
        "statement_span_days": "4b: ask day by day",
        "charset": "1, encoding",
        "field_limits": "4c, 4d; trap 7: remarks up to 30",
        "forbidden": "1: no <, > or & at all",
    },
)
ABILITIES = frozenset(
    {
        Ability.BALANCE,
        Ability.HISTORY_BALANCE,
        Ability.TRANSACTIONS,
        Ability.PAY,
        Ability.PAY_BATCH,
        Ability.PAYROLL,
        Ability.SWEEP,
        Ability.INQUIRE,
        Ability.INQUIRE_BATCH,
        Ability.INQUIRE_PAYROLL,
        Ability.RECEIPT_LIST,
    }
)
