"""What the platform is told of Postal Savings Bank of China.  Source: bank overview, section 2.3."""

from __future__ import annotations

from bankadapters.contract import Ability
from bankadapters.profiles import Endpoint, Profile, Question, Setting

MAC_PARTS = ("code", "account", "amount", "serial", "day", "unit")
FIELD_LIMITS = {
    "reference": (8, "chars"),
    "payer_account": (32, "chars"),
    "payee_account": (32, "chars"),
}
_POSITION_ZH = "公开资料未给出应答各域的绝对位置；位置与所发报文不符时一律按“结果未知”处理"
_POSITION_EN = (
    "the positions of replies are not published: a reply that does not repeat our fields is unknown"
)
SETTINGS = (
    Setting("unit", "单位代码（12 位）", "Unit code (12)", is_required=True, source="2.3"),
    Setting(
        "payer_account",
        "签约付款账户",
        "Contracted payer account",
        is_required=True,
        source="2.3",
        confirm_zh="报文不含付款账户，由单位代码决定；只有此账户的付款会被发送",
        confirm_en="no message names the payer: the unit code does, and only payments from this account are sent",
    ),
    Setting(
        "account_kind",
        "收款账户类别",
        "Kind of payee accounts",
        "auto",
        ("auto", "1", "2", "3", "4"),
        source="2.3",
        confirm_zh="1 存折 2 卡 3 对公账户 4 信用卡；auto：个人按卡、单位按对公账户",
        confirm_en="1 passbook, 2 card, 3 company account, 4 credit card; auto: persons by card, companies by account",
    ),
    Setting(
        "expiry",
        "有效期域（4 位）",
        "Expiry (4)",
        "0000",
        source="2.3",
        confirm_zh="格式未公开，默认填 0",
        confirm_en="its format is not published, zeros by default",
    ),
    Setting(
        "between",
        "单位代码与 MAC 之间的其他域",
        "Further fields between unit code and MAC",
        source="2.3",
        confirm_zh="公开资料此处省略，按银行文档整段填写",
        confirm_en="left out in what is public: fill in as the bank's document has it",
    ),
    Setting(
        "mac_parts",
        "参与 MAC 的域（空格分隔）",
        "Fields the MAC is over (blank-separated)",
        " ".join(MAC_PARTS),
        source="2.3",
        confirm_zh="参与域由银行约定，可选：code account amount serial time day unit",
        confirm_en="agreed with the bank; known are: code account amount serial time day unit",
    ),
    Setting(
        "mac_digits",
        "MAC 位数（十六进制）",
        "Digits of the MAC (hexadecimal)",
        "16",
        ("16", "8"),
        source="2.3",
        confirm_zh="长度未公开，默认 16 位",
        confirm_en="not published, 16 by default",
    ),
    Setting(
        "key_form",
        "工作密钥形式",
        "How the daily key comes",
        "encrypted",
        ("encrypted", "clear"),
        source="2.3",
        confirm_zh="encrypted：以主密钥 DES 加密的 16 位十六进制；clear：明文",
        confirm_en="encrypted: 16 hex digits under the master key; clear: as they are",
    ),
    Setting(
        "master_key",
        "主密钥（16 位十六进制，工作密钥加密时必填）",
        "Master key (16 hex digits, where the daily key is encrypted)",
        is_secret=True,
        source="2.3",
    ),
    Setting(
        "reply_code_at",
        "应答码位置（清算日期之后第几位）",
        "Place of the reply code behind the settlement day",
        "0",
        source="2.3",
        confirm_zh=_POSITION_ZH,
        confirm_en=_POSITION_EN,
    ),
    Setting(
        "data_at",
        "应答数据位置（清算日期之后第几位）",
        "Place of key or balances behind the settlement day",
        "2",
        source="2.3",
        confirm_zh=_POSITION_ZH,
        confirm_en=_POSITION_EN,
    ),
    Setting(
        "key_codes",
        "表示密钥失效的应答码（逗号分隔）",
        "Reply codes that mean the key is no longer good",
        source="2.3",
        confirm_zh="应答码清单未公开；填写后平台自动换密钥并以同一流水号重发一次",
        confirm_en="not published: with them the platform takes a new key and sends the same number once more",
    ),
    Setting(
        "open_codes",
        "状态查询中表示“处理中”的应答码（逗号分隔）",
        "Reply codes of a status that mean: under way",
        source="2.3",
        confirm_zh="应答码清单未公开；未填写时此类应答按“结果未知”处理，同样继续查询",
        confirm_en="not published: without them such a payment is unknown, and asked about all the same",
    ),
)
PROFILE = Profile(
    slug="psbc",
    name_zh="中国邮政储蓄银行",
    name_en="Postal Savings Bank of China",
    cnaps_prefix="403",
    items_max=1,
    inquiry_items_max=1,
    pays_own_bank_only=True,
    names_payees=False,
    reference="digits:8",
    charset="gb18030",  # nothing but digits goes out: any name may be paid
    field_limits=FIELD_LIMITS,
    endpoints=(Endpoint("main", "代收付前置地址", "Address of the front-end", "tcp://host:9000"),),
    settings=SETTINGS,
    confirm_with_bank=(
        Question(
            "仅代收付文本协议有公开资料；其他产品（HTTP/XML）、明细、批量、回单均未公开，不提供",
            "only the text protocol of agency payments is known: no entries, batches or receipts",
        ),
        Question(
            "774000 不含收款户名，银行是否校验户名",
            "774000 carries no payee name: whether the bank checks names at all",
        ),
        Question(
            "可确认为最终失败的应答码（填入“确定失败的返回码”）；其余非 00 应答一律查询",
            "reply codes that are definite failures, for the list: all others but 00 are asked about",
        ),
        Question(
            "772030 按原流水号和日期查询；“查无此笔”的应答码（填入“查无此笔的返回码”）",
            "772030 asks by the serial and day of the payment: the code for no such payment, for the list",
        ),
        Question(
            "流水号 8 位，多长时间内不得重复", "for how long a serial of 8 digits must not repeat"
        ),
        Question("应答报文的 MAC 是否需要校验", "whether the MAC of replies is to be checked"),
    ),
    sources={
        "inquiry_items_max": "2.3: 772030 asks about one message",
        "pays_own_bank_only": "2.3: agency payments to the bank's own accounts",
        "charset": "section 1 of the overview: GBK",
        "items_max": "2.3: one payment a message",
        "reference": "2.3: 8-digit serial",
        "field_limits": "2.3: the account's length has two digits; the house's own limit",
    },
)
ABILITIES = frozenset({Ability.SIGN_ON, Ability.BALANCE, Ability.PAY, Ability.INQUIRE})
