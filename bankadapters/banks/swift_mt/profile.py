"""What the platform is told of a bank that speaks SWIFT MT in files.

Source: SWIFT User Handbook, MT101 Request for Transfer, MT940 Customer Statement, MT942 Interim Transaction Report, the
system message F21 (acknowledgement); Standards MT Usage Guidelines, payments reject and return.
"""

from __future__ import annotations

from bankadapters.filebank import FOLDERS, MOUNT
from bankadapters.gaps import COUNTED, WEEKENDS
from bankadapters.profiles import Profile, Question, Setting

LINE, NAME_LINES, REMITTANCE_LINES = 35, 3, 4
MESSAGE_BYTES_MAX = 10_000  # of one FIN message
FIELD_LIMITS = {
    "reference": (16, "chars"),
    "batch_no": (16, "chars"),
    "payer_account": (34, "chars"),
    "payer_name": (LINE * NAME_LINES, "chars"),
    "payee_account": (34, "chars"),
    "payee_name": (LINE * NAME_LINES, "chars"),
    "payee_bank": (LINE * NAME_LINES, "chars"),
    "cnaps": (12, "chars"),
    "purpose": (LINE * REMITTANCE_LINES, "chars"),
}
# What opens a block, a field or ends a message must not come out of a text.
FORBIDDEN = dict.fromkeys(("payer_name", "payee_name", "payee_bank", "purpose"), "{}")
SETTINGS = (
    Setting(
        "charset",
        "报文字符集",
        "Characters of the messages",
        "x",
        ("x", "utf-8", "gb18030"),
        source="SWIFT character set X",
        confirm_zh="标准为 SWIFT X 字符集（拉丁字母、数字和少量符号）；仅在与银行书面约定后使用中文编码",
        confirm_en="the standard is SWIFT's set X (Latin letters, digits, few signs): Chinese only where the bank agreed in writing",
    ),
    Setting(
        "sender",
        "发送方逻辑终端（12 位）",
        "Logical terminal of the sender (12 characters)",
        source="basic header block",
        confirm_zh="收发双方均填写时报文带 {1:}{2:}{3:} 头，否则只写正文",
        confirm_en="with both terminals the message has its header blocks, otherwise its text alone",
    ),
    Setting(
        "receiver",
        "接收方逻辑终端（12 位）",
        "Logical terminal of the receiver (12 characters)",
        source="application header block",
        confirm_zh="同上",
        confirm_en="as above",
    ),
    Setting(
        "charges",
        "费用承担（:71A:）",
        "Who bears the charges (:71A:)",
        "SHA",
        ("SHA", "OUR", "BEN"),
        source="MT101 71A",
    ),
    Setting(
        "bic",
        "付款行 BIC（:52A:）",
        "BIC of the account servicing bank (:52A:)",
        source="MT101 52A",
        confirm_zh="未填写时不写 :52A:",
        confirm_en="52A is left out without it",
    ),
    Setting("currencies", "允许的币种（逗号分隔）", "Currencies that may be sent", "CNY"),
    Setting(
        "answer_wait_s",
        "发送后等待网络回执的秒数",
        "Seconds to wait for the network's acknowledgement",
        "20",
    ),
    WEEKENDS,
    COUNTED,
)
PROFILE = Profile(
    slug="swift_mt",
    name_zh="环球报文银行（SWIFT MT 文件）",
    name_en="SWIFT MT files",
    cnaps_prefix="",
    items_max=20,
    inquiry_items_max=100,
    statement_rows_max=500,
    statement_span_days=31,
    batch_bytes_max=MESSAGE_BYTES_MAX - 1000,
    charset="utf-8",
    field_limits=FIELD_LIMITS,
    forbidden=FORBIDDEN,
    endpoints=FOLDERS,
    settings=SETTINGS,
    confirm_with_bank=(
        Question(
            "MT101 没有付款状态报文：网络回执（F21）只表示送达；付款成功以 MT940/942 中带我方编号的借记为准",
            "MT101 has no status message: the acknowledgement (F21) says it was delivered; a payment succeeds by its debit under our number",
        ),
        Question(
            "银行是否按“拒绝与退回指引”用 MT195/199 的 /REJT/、/RETN/、/MREF/、/TREF/ 通知拒绝；其他自由格式由人工裁定",
            "whether rejections follow the guidelines (/REJT/, /RETN/, /MREF/, /TREF/ in MT195/199): people decide on other free text",
        ),
        Question(
            "联行号写在 :57C: 或 :57D:（//CN 加 12 位行号）",
            "the clearing code goes into 57C or 57D as //CN and 12 digits",
        ),
        MOUNT,
    ),
    sources={
        "inquiry_items_max": "the house's own limit: the folder is read, nobody is asked",
        "forbidden": "FIN: braces open and close blocks",
        "field_limits": "MT101: 16x references, 34x accounts, lines of 35x; field 70 has 4 of them",
        "batch_bytes_max": "a FIN message holds 10,000 characters",
        "statement_rows_max": "the house's own page: a file comes whole",
        "items_max": "the house's own limit within the message's 10,000 characters",
    },
)
