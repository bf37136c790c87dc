"""What the platform is told of a bank that speaks ISO 20022 in files.

Source: ISO 20022 message definition reports pain.001, pain.002, camt.052, camt.053, camt.054; external code sets.
"""

from __future__ import annotations

from bankadapters.filebank import FOLDERS, MOUNT
from bankadapters.gaps import COUNTED, WEEKENDS
from bankadapters.profiles import Profile, Question, Setting

CHARSET = "utf-8"
FIELD_LIMITS = {
    "reference": (35, "chars"),
    "batch_no": (35, "chars"),
    "payer_account": (34, "chars"),
    "payer_name": (140, "chars"),
    "payee_account": (34, "chars"),
    "payee_name": (140, "chars"),
    "payee_bank": (140, "chars"),
    "cnaps": (12, "chars"),
    "purpose": (140, "chars"),
}
SETTINGS = (
    Setting(
        "initiator", "发起方名称（InitgPty/Nm）", "Name of the initiating party", source="pain.001"
    ),
    Setting(
        "initiator_id",
        "发起方标识（InitgPty/Id，银行约定的客户号）",
        "Identification of the initiating party, as agreed with the bank",
        source="pain.001",
        confirm_zh="银行是否要求、如何编码，请向银行确认；默认不填",
        confirm_en="whether and how the bank wants it: left out by default",
    ),
    Setting(
        "version",
        "pain.001 版本",
        "Version of pain.001",
        "09",
        ("03", "09"),
        source="pain.001",
        confirm_zh="银行接受的版本请向银行确认",
        confirm_en="which version the bank takes",
    ),
    Setting(
        "bic",
        "付款行 BIC（DbtrAgt）",
        "BIC of the paying bank (DbtrAgt)",
        source="pain.001",
        confirm_zh="未填写时写 NOTPROVIDED",
        confirm_en="NOTPROVIDED without it",
    ),
    Setting("currencies", "允许的币种（逗号分隔）", "Currencies that may be sent", "CNY"),
    Setting(
        "paid_statuses",
        "视为已付款的 pain.002 状态（逗号分隔）",
        "Statuses of pain.002 that mean paid",
        "ACSC,ACCC",
        source="pain.002",
        confirm_zh="有的银行以 ACSP 为最终状态；未确认前仅 ACSC、ACCC 视为成功，其余等待借记入账",
        confirm_en="some banks end with ACSP: until confirmed only ACSC and ACCC are a success, others wait for the debit",
    ),
    Setting(
        "answer_wait_s",
        "发送后等待银行回执的秒数",
        "Seconds to wait for the bank's first report",
        "20",
    ),
    WEEKENDS,
    COUNTED,
)
PROFILE = Profile(
    slug="iso20022",
    name_zh="国际报文银行（ISO 20022 文件）",
    name_en="ISO 20022 files",
    cnaps_prefix="",
    items_max=500,
    inquiry_items_max=500,
    bank_dedups_by_reference=False,
    statement_rows_max=500,
    statement_span_days=31,
    charset=CHARSET,
    field_limits=FIELD_LIMITS,
    endpoints=FOLDERS,
    settings=SETTINGS,
    confirm_with_bank=(
        Question(
            "是否接受中文（UTF-8），或仅接受基本拉丁字符",
            "whether Chinese is taken, or basic Latin only",
        ),
        Question(
            "多笔付款是否逐笔记账（BtchBookg=false）；合并记账的借方无法逐笔对应",
            "whether payments are booked one by one (BtchBookg=false): a debit of a whole batch names no payment",
        ),
        Question(
            "重复 MsgId 的处理：拒绝原因码 AM05、DU01–DU05、DUPL 一律按“结果未知”处理",
            "what becomes of a repeated MsgId: AM05, DU01-DU05 and DUPL are never a failure here",
        ),
        MOUNT,
    ),
    sources={
        "inquiry_items_max": "the house's own limit: the folder is read, nobody is asked",
        "field_limits": "pain.001: Max35Text, Max34Text, Max140Text",
        "charset": "ISO 20022 part 4: UTF-8",
        "statement_rows_max": "the house's own page: a file comes whole",
        "items_max": "the house's own limit: the standard names none",
    },
)
