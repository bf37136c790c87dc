"""What the platform is told of China Merchants Bank.  Source: CMB direct-link sheet."""

from __future__ import annotations

from bankadapters.contract import Ability
from bankadapters.profiles import Endpoint, Profile, Question, Setting

CHARSET = "gbk"
FIELD_LIMITS = {
    "reference": (30, "bytes:gbk"),
    "payer_account": (35, "bytes:gbk"),
    "payee_account": (35, "bytes:gbk"),
    "payee_name": (200, "bytes:gbk"),
    "payee_bank": (62, "bytes:gbk"),
    "purpose": (62, "bytes:gbk"),
    "remark": (200, "bytes:gbk"),
    "cnaps": (30, "bytes:gbk"),
}
ENDPOINTS = (
    Endpoint("main", "前置机地址（HTTP 或 SOCKET）", "Front-end address", "http://host:8080/"),
)
SETTINGS = (
    Setting(
        "LGNNAM",
        "前置机登录用户",
        "User logged in at the front-end",
        is_required=True,
        source="3, request INFO",
    ),
    Setting(
        "mode",
        "前置机通讯方式",
        "How the front-end is set up",
        "http",
        ("http", "form", "socket"),
        source="1, transport modes",
    ),
    Setting(
        "BBKNBR",
        "默认分行号（2 位）",
        "Branch code of the accounts",
        source="8.1",
        confirm_zh="账户未登记分行号时使用；分行号表见接口文档 8.1",
        confirm_en="used for accounts without a branch code of their own; the list is in section 8.1",
    ),
    Setting(
        "payment",
        "支付方式",
        "Kind of payment",
        "direct",
        ("direct", "group", "approval", "group_approval"),
        source="4 (c), 8.4",
        confirm_zh="直接支付/集团支付无需网银审批；approval 类在网银审批",
        confirm_en="direct and group need no approval in the web bank, the approval kinds do",
    ),
    Setting("BUSMOD", "业务模式编号", "Approval-mode number", "00001", source="4 (c)"),
    Setting("transfer_BUSMOD", "内部转账模式编号", "Mode of internal transfers", "00001"),
    Setting("agent_BUSMOD", "代发模式编号", "Mode of payrolls", "00001", source="8.4"),
    Setting(
        "agent_function",
        "代发接口",
        "Function of payrolls",
        "AgentRequest",
        ("AgentRequest", "NTAGCSAL", "NTAGCAPY"),
        source="4 (d)",
    ),
    Setting("agent_TRSTYP", "代发交易代码", "Agent-transaction code", "BYSA", source="8.5"),
    Setting(
        "RCVCHK",
        "同行收款户名校验",
        "Check the payee's name inside the bank",
        "1",
        ("1", "0"),
        source="4 (c)",
    ),
    Setting(
        "CRTADR",
        "跨行收款行地址",
        "Address of payee banks",
        source="4 (c)",
        confirm_zh="跨行必填；留空时按收款行名称填写，请确认银行接受",
        confirm_en="mandatory to other banks; when empty the bank's name is sent: confirm that it is taken",
    ),
    Setting(
        "EACCTY",
        "代发他行开户地",
        "Place of other banks in payrolls",
        source="4 (d)",
        confirm_zh="代发到他行时必填",
        confirm_en="mandatory in payrolls to other banks",
    ),
    Setting(
        "correlation",
        "报文关联号",
        "Correlation number in INFO",
        "N",
        ("N", "Y"),
        source="3, custom elements",
        confirm_zh="前置机原样返回 INFO 中的自定义元素时可开启，用于核对应答",
        confirm_en="may be switched on where the front-end echoes own elements of INFO",
    ),
)
PROFILE = Profile(
    slug="cmb",
    name_zh="招商银行",
    name_en="China Merchants Bank",
    cnaps_prefix="308",
    items_max=30,
    inquiry_items_max=100,
    payroll_items_max=3000,
    bank_dedups_by_reference=True,
    statement_rows_max=1000,
    statement_span_days=31,
    balance_accounts_max=30,
    charset=CHARSET,
    intervals_s={"pay": 1, "query": 2, "notice": 5},
    paced_by="LGNNAM",
    field_limits=FIELD_LIMITS,
    endpoints=ENDPOINTS,
    settings=SETTINGS,
    confirm_with_bank=(
        Question("银行错误码全表", "the full list of error codes"),
        Question(
            "各支付渠道的服务时间与单笔限额", "service hours and amount limits of each channel"
        ),
        Question(
            "电子回单图片在前置机上的保存路径（此通道不返回文件）",
            "where the front-end puts receipt images: this channel does not bring the files",
        ),
        Question("SOCKET 方式下应答的报文头", "the header of answers in SOCKET mode"),
    ),
    sources={
        "inquiry_items_max": "(e): the house's own limit, a query tells a stretch of days",
        "statement_rows_max": "notices: RECNUM 1000 by default; GetTransInfoEX pages by TRSSEQ",
        "items_max": "4 (d): rows come back for up to 30 items only",
        "payroll_items_max": "4 (d): up to 3000 a upload, TOTAL has 4 digits",
        "balance_accounts_max": "4 (a): NTQADINF takes 1 to 30 accounts",
        "bank_dedups_by_reference": "7.4, rule 4",
        "intervals_s": "1, minimum interval",
        "charset": "1, encoding",
        "field_limits": "4 (c), Z fields count bytes (trap 11)",
    },
)
ABILITIES = frozenset(
    {
        Ability.ACCOUNT_LIST,
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
