"""What the platform is told of China Construction Bank.  Source: CCB sheet."""

from __future__ import annotations

from bankadapters.contract import Ability
from bankadapters.profiles import Endpoint, Profile, Question, Setting

CHARSET = "gb18030"
BATCH_BYTES_MAX = 9999
BATCH_ITEMS_MAX = 100
FIELD_LIMITS = {
    "reference": (16, "bytes:gb18030"),
    "payer_account": (32, "bytes:gb18030"),
    "payer_name": (60, "bytes:gb18030"),
    "payee_account": (32, "bytes:gb18030"),
    "payee_name": (60, "bytes:gb18030"),
    "payee_bank": (41, "bytes:gb18030"),
    "cnaps": (12, "bytes:gb18030"),
    "purpose": (38, "bytes:gb18030"),
    "remark": (32, "bytes:gb18030"),
}
ENDPOINTS = (
    Endpoint("main", "外联客户端地址（TCP 或 HTTP）", "Client address", "tcp://host:12345"),
    Endpoint(
        "pay",
        "付款客户端地址（与查询客户端分开时填写）",
        "Client of payments, where it is another one",
        "tcp://host:12346",
    ),
)


def _of_batch_answer(name: str, label_zh: str, label_en: str) -> Setting:
    return Setting(
        name,
        label_zh,
        label_en,
        source="4.8",
        confirm_zh="6W0800 应答字段未公开，向银行索取后填写；未填写时批量结果以对账单为准",
        confirm_en="the answer of 6W0800 is not published: ask the bank; without it the statement decides",
    )


SETTINGS = (
    Setting("CUST_ID", "客户号", "Customer number", is_required=True, source="3"),
    Setting("USER_ID", "操作员号", "Operator", is_required=True, source="3"),
    Setting(
        "PASSWORD", "操作员密码", "Password", is_required=True, is_secret=True, source="3"
    ),
    Setting("pay_USER_ID", "付款操作员号（另有付款客户端时）", "Operator of payments", source="1"),
    Setting(
        "pay_PASSWORD", "付款操作员密码（另有付款客户端时）", "Password of payments", is_secret=True
    ),
    Setting(
        "interbank",
        "跨行付款交易",
        "Transaction of interbank payments",
        "6W8060",
        ("6W8060", "6W8020"),
        source="4.6",
        confirm_zh="6W8060 需要联行号；6W8020 为非直通或跨行，请确认开通的交易",
        confirm_en="6W8060 wants a clearing code, 6W8020 need not go straight through: confirm which is open",
    ),
    Setting(
        "TRAN_TYPE",
        "跨行付款类型（6W8060）",
        "TRAN_TYPE of 6W8060",
        "0",
        source="4.6",
        confirm_zh="公开资料仅见 0，其他取值含义请向银行确认",
        confirm_en="only 0 is known, ask for the meaning of other values",
    ),
    Setting(
        "CHK_RECVNAME", "校验收款户名", "Check the payee's name", "1", ("1", "0"), source="4.6"
    ),
    Setting(
        "CST_PAY_NO",
        "报文带企业支付编号",
        "Send the enterprise's payment number",
        "N",
        ("N", "Y"),
        source="4.6",
        confirm_zh="仅新版客户端支持 CST_PAY_NO",
        confirm_en="only newer clients know CST_PAY_NO",
    ),
    Setting(
        "details",
        "交易明细接口",
        "Transaction of entries",
        "6WY101",
        ("6WY101", "6W0300"),
        source="4.3, 4.4",
        confirm_zh="两个接口的流水号不同，启用后请勿更换，否则同一笔会记两次",
        confirm_en="the two number entries differently: changing it later records entries twice",
    ),
    Setting(
        "tier1_branch",
        "一级分行号（批量付款）",
        "First-level branch of the payer (batches)",
        source="4.8",
        confirm_zh="账户未登记分行号时使用；可否留空请向银行确认",
        confirm_en="used for accounts without a branch code: ask whether it may be empty",
    ),
    Setting(
        "batch_errors",
        "批量应答 ERROR_LIST 中的笔",
        "Items in ERROR_LIST of a batch's answer",
        "unknown",
        ("unknown", "failed"),
        source="4.8",
        confirm_zh="确认列入 ERROR_LIST 的笔银行绝不会付款后，方可改为 failed",
        confirm_en="failed only once the bank confirms that what stands in ERROR_LIST is never paid",
    ),
    _of_batch_answer("6W0800_row", "6W0800 明细元素名", "Row element of 6W0800"),
    _of_batch_answer("6W0800_serial", "6W0800 序号元素名", "Serial element of 6W0800"),
    _of_batch_answer("6W0800_result", "6W0800 结果元素名", "Result element of 6W0800"),
    _of_batch_answer("6W0800_success", "6W0800 成功取值（逗号分隔）", "Values of success"),
    _of_batch_answer("6W0800_failure", "6W0800 失败取值（逗号分隔）", "Values of failure"),
    Setting("BILL_CODE", "代发协议号（6W1303）", "Agreement of payrolls", source="4.7"),
    Setting(
        "USEOF_CODE",
        "代发用途代码（6W1303）",
        "Purpose code of payrolls",
        source="4.7",
        confirm_zh="取值请向银行索取；未填写时不发送代发",
        confirm_en="ask the bank for the codes; without one no payroll leaves",
    ),
    Setting(
        "FLOW_FLAG",
        "代发标志（6W1303 FLOW_FLAG）",
        "FLOW_FLAG of payrolls",
        "0",
        ("0", "1"),
        source="4.7",
        confirm_zh="含义未公开，公开实现均为 0",
        confirm_en="its meaning is not published, 0 is what is seen",
    ),
    Setting(
        "payroll_query",
        "代发结果查询交易",
        "Status query of payrolls",
        "6W1503",
        ("6W1503", "6W0500"),
        source="4.9",
    ),
)  # fmt: skip
PROFILE = Profile(
    slug="ccb",
    name_zh="中国建设银行",
    name_en="China Construction Bank",
    cnaps_prefix="105",
    items_max=BATCH_ITEMS_MAX,
    inquiry_items_max=BATCH_ITEMS_MAX,
    payroll_items_max=1,
    statement_rows_max=200,
    statement_span_days=31,
    batch_bytes_max=BATCH_BYTES_MAX,
    prefers_single=True,
    reference="digits:16",
    charset=CHARSET,
    field_limits=FIELD_LIMITS,
    endpoints=ENDPOINTS,
    settings=SETTINGS,
    confirm_with_bank=(
        Question(
            "可确认为最终失败的返回码清单（填入“确定失败的返回码”）",
            "return codes that are definite failures, for the list of final failures",
        ),
        Question(
            "6W0600“查无交易”的返回码（填入“查无此笔的返回码”）",
            "the code of 6W0600 for no such transaction, for the list of not-found codes",
        ),
        Question(
            "重复的 REQUEST_SN 在 6W80xx 付款交易中是否被拒绝",
            "whether a repeated REQUEST_SN is refused by the 6W80xx payments",
        ),
        Question(
            "字段长度按字节还是按字符计（平台按 GB18030 字节从严控制）",
            "whether lengths count bytes or characters: the platform keeps to GB18030 bytes",
        ),
        Question(
            "6W8040 序号是否须从 1 连续编号（平台取流水号末六位，批内唯一、不连续）",
            "whether the serials of 6W8040 must run from 1: the platform sends six digits of our number",
        ),
        Question("明细查询每次最多跨几天（平台按 31 天）", "days of one query of entries (31 here)"),
        Question("大批量明细文件 6W0111 的格式", "the layout of the entries' file (6W0111)"),
        Question("批量代发代扣 6W2100 的报文字段", "the fields of batch payrolls (6W2100)"),
        Question("电子回单、资金归集交易", "e-receipts and sweeps"),
    ),
    sources={
        "inquiry_items_max": "4.9: the house's own limit, each is asked alone or as its batch",
        "prefers_single": "4.8: the results of a batch are verified for the request only",
        "batch_bytes_max": "4.8: FILE_CTX up to 9999 bytes",
        "items_max": "4.8: bytes bound a batch, not rows; the house's own limit",
        "payroll_items_max": "4.7: one person a message",
        "statement_rows_max": "4.3: TOTAL_RECORD 1 to 200",
        "reference": "3: REQUEST_SN, digits only",
        "charset": "1, encoding: declares GB2312, written in GB18030",
        "field_limits": "4.6",
    },
)  # fmt: skip
ABILITIES = frozenset(
    {
        Ability.SIGN_ON,
        Ability.BALANCE,
        Ability.TRANSACTIONS,
        Ability.PAY,
        Ability.PAY_BATCH,
        Ability.PAYROLL,
        Ability.SWEEP,
        Ability.INQUIRE,
        Ability.INQUIRE_BATCH,
        Ability.INQUIRE_PAYROLL,
    }
)
