"""What the platform is told of China Everbright Bank.  Source: the banks' overview, section 2.1."""

from __future__ import annotations

from bankadapters.contract import Ability
from bankadapters.profiles import Endpoint, Profile, Question, Setting

CHARSET = "gbk"
_MARKUP = "<&"  # refused by the bank's proxy even where escaped
FIELD_LIMITS = {"reference": (50, "bytes:gbk")}
FORBIDDEN = dict.fromkeys(
    ("payee_account", "payee_name", "payee_bank", "purpose", "remark"), _MARKUP
)
ENDPOINTS = (
    Endpoint("main", "光大银企通代理地址", "Address of the bank's proxy", "http://host:8080"),
)
SETTINGS = (
    Setting(
        "usrID", "企业客户号", "Customer number", is_required=True, source="2.1, address and CifNo"
    ),
    Setting(
        "userPassword",
        "通讯密码",
        "Communication password",
        is_required=True,
        is_secret=True,
        source="2.1, address",
    ),
    Setting("UserID", "操作员号", "User", source="2.1, SystemHead"),
    Setting(
        "transferType",
        "跨行普通汇款方式",
        "Ordinary payments to other banks",
        "2120",
        ("2120", "2124"),
        source="2.1, b2e004001",
        confirm_zh="2120 他行，2124 网银互联（不能加急）；限额与时段请向银行确认",
        confirm_en="2120 other banks, 2124 interconnected (never urgent): ask for limits and hours",
    ),
    Setting(
        "note",
        "用途（银行固定词表）",
        "Purpose, of the bank's vocabulary",
        source="2.1, b2e004001 note",
        confirm_zh="词表未公开；留空时用途写入 noteOther，请确认银行接受",
        confirm_en="its words are not public; when empty the purpose goes into noteOther: confirm",
    ),
    Setting(
        "toLocation",
        "收款行所在地",
        "Place of payee banks",
        source="2.1, b2e004001",
        confirm_zh="留空时不填，请确认银行接受",
        confirm_en="left empty: confirm that the bank takes it",
    ),
    Setting(
        "IsAudit",
        "是否网银复核",
        "Whether the web bank checks",
        source="2.1, b2e004001",
        confirm_zh="取值含义未公开",
        confirm_en="its values are not public",
    ),
    Setting(
        "matchRule",
        "户名匹配规则",
        "How names are compared",
        source="2.1, b2e004001",
        confirm_zh="取值含义未公开",
        confirm_en="its values are not public",
    ),
    Setting("cellphone", "通知手机号", "Telephone for notices", source="2.1, b2e004001"),
    Setting(
        "receipt_file_field",
        "回单生成应答：文件名字段",
        "Element that names a receipt's file",
        "fileName",
        source="2.1, b2e005023",
        confirm_zh="字段名未公开，联调抓取应答后填写",
        confirm_en="not public: fill in from an answer captured in the joint test",
    ),
)
PROFILE = Profile(
    slug="ceb",
    name_zh="中国光大银行",
    name_en="China Everbright Bank",
    cnaps_prefix="303",
    items_max=1,
    inquiry_items_max=1,
    charset=CHARSET,
    field_limits=FIELD_LIMITS,
    forbidden=FORBIDDEN,
    endpoints=ENDPOINTS,
    settings=SETTINGS,
    confirm_with_bank=(
        Question("余额、明细的交易码与字段（资料中没有）", "trade codes of balances and details"),
        Question(
            "NowFlag/TransferFlag 各组合的含义；确定失败的组合填入“确定失败”代码表（形如 00/01）",
            "what each pair of NowFlag and TransferFlag means; pairs that end a payment go into the"
            " table of final failures as 00/01",
        ),
        Question("SystemHead 中各标志的取值", "the values of SystemHead's flags"),
        Question("批量付款的报文", "the messages of batches"),
        Question("回单文件下载是否接受 POST", "whether a receipt's file may be fetched by POST"),
        Question("两次查询的最小间隔", "the least interval between two queries"),
    ),
    sources={
        "inquiry_items_max": "2.1: one number a query",
        "items_max": "2.1: one payment per message",
        "field_limits": "2.1: BatchID and ClientPatchID up to 50",
        "forbidden": "2.1: values must not contain < or &",
        "charset": "2.1 and the overview's table: GBK",
    },
)
ABILITIES = frozenset({Ability.PAY, Ability.INQUIRE, Ability.RECEIPT_LIST, Ability.RECEIPT_FILE})
