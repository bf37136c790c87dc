"""What the platform is told of China CITIC Bank.  Source: CITIC sheet."""

from __future__ import annotations

from bankadapters.contract import Ability
from bankadapters.profiles import Endpoint, Profile, Question, Setting

CHARSET = "gbk"
FIELD_LIMITS = {
    "reference": (20, "bytes:gbk"),
    "payer_account": (19, "bytes:gbk"),
    "payee_account": (32, "bytes:gbk"),
    "payee_name": (122, "bytes:gbk"),
    "payee_bank": (122, "bytes:gbk"),
    "cnaps": (20, "bytes:gbk"),
    "purpose": (102, "bytes:gbk"),
    "remark": (60, "bytes:gbk"),
}
ENDPOINTS = (
    Endpoint("main", "中信银企直联前置机地址", "Front-end (DLServer) address", "http://host:6789/"),
)
SETTINGS = (
    Setting("userName", "网银登录名", "Login behind the certificate", is_required=True, source="3"),
    Setting(
        "payType",
        "跨行普通汇款方式",
        "Ordinary payments to other banks",
        "03",
        ("02", "03"),
        source="4 (d), payType",
        confirm_zh="02 大额（工作日 9:00–17:00），03 小额；超级网银 05 需另查行号，未启用",
        confirm_en="02 HVPS on working days, 03 BEPS; 05 IBPS wants bank numbers of its own: not used",
    ),
    Setting(
        "urgent_payType",
        "跨行加急汇款方式",
        "Urgent payments to other banks",
        "02",
        ("02", "03", "B5"),
        source="4 (d), payType",
        confirm_zh="B5 为大额夜间，须与发送时段配合",
        confirm_en="B5 is the night window of HVPS and must fit the sending hours",
    ),
    Setting(
        "cityFlag",
        "同城异地标志",
        "Same city or not",
        "1",
        ("0", "1"),
        source="4 (d), cityFlag",
        confirm_zh="平台不判断同城，一律按此值填写（1 异地）",
        confirm_en="the platform does not tell same city from other: this value goes out (1 other)",
    ),
    Setting(
        "sweep",
        "内部调拨交易",
        "Trade of internal transfers",
        "DLINETRN",
        ("DLINETRN", "pool"),
        source="4 (d) and (g)",
        confirm_zh="pool 用现金管理上划/下拨（CMMANSWP/CMDWNSWP），须填资金池账号",
        confirm_en="pool uses the cash pool's sweeps and wants the pool account below",
    ),
    Setting("pool_account", "资金池账号", "Pool account", source="4 (g), conAccountNo"),
    Setting(
        "msgAbstract",
        "代发摘要类型（1–7）",
        "Kind of payroll narrative (1 to 7)",
        "1",
        tuple("1234567"),
        source="4 (e), DLSALIMP",
        confirm_zh="取值含义请向银行确认",
        confirm_en="ask what the values mean",
    ),
    Setting(
        "billType",
        "电子回单种类（0–6）",
        "Kind of receipts asked for (0 to 6)",
        "0",
        tuple("0123456"),
        source="4 (h), DLEDDRSQ",
        confirm_zh="按 0 全部查询，请确认",
        confirm_en="0 is taken for all kinds: confirm",
    ),
)
PROFILE = Profile(
    slug="citic",
    name_zh="中信银行",
    name_en="China CITIC Bank",
    cnaps_prefix="302",
    items_max=100,
    inquiry_items_max=100,
    statement_rows_max=20,
    statement_span_days=31,
    balance_accounts_max=10,
    charset=CHARSET,
    field_limits=FIELD_LIMITS,
    endpoints=ENDPOINTS,
    settings=SETTINGS,
    confirm_with_bank=(
        Question("前置机端口、路径与 Content-Type", "port, path and content type of the front-end"),
        Question("DLPAYBAT 与 DLSALIMP 的最大笔数", "how many rows a batch and a payroll take"),
        Question(
            "DLBATDET 明细行的字段：按 ID 对应每笔付款",
            "the rows of DLBATDET: payments are told apart by ID",
        ),
        Question(
            "DLCIDSTT 查无此 clientID 时的返回码（填入“查无”代码表）",
            "the code of DLCIDSTT for an unknown clientID, for the table of not-found codes",
        ),
        Question("重复 clientID 的应答", "the answer to a repeated clientID"),
        Question("两次查询的最小间隔", "the least interval between two queries"),
        Question("电子回单 brStt 各值的含义", "all values of a receipt's brStt"),
    ),
    sources={
        "items_max": "(e): the maximum is not published (ID has 4 digits), the house's own limit",
        "inquiry_items_max": "(e): DLBATDET tells a whole batch",
        "balance_accounts_max": "4 (b): up to 10 accounts are advised",
        "statement_rows_max": "4 (c): pageNumber is the number of rows, up to 20",
        "field_limits": "3 and 4 (d): lengths count bytes",
        "charset": "1, encoding",
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
        Ability.RECEIPT_FILE,
    }
)
