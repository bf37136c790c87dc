"""What the platform is told of the Bank of China.  Source: BOCB2E interface sheet, sections 1, 4 and 8."""

from __future__ import annotations

from bankadapters.banks.boc import requests
from bankadapters.contract import Ability, Profile
from bankadapters.profiles import Endpoint, Question, Setting

PAGE_ROWS = 50
INQUIRY_ITEMS_MAX = 50

SETTINGS = (
    Setting(
        "front_end_ip",
        "前置机登记 IP",
        "Registered address of the front-end",
        source="3 head: termid",
    ),
    Setting(
        "termid", "终端号（留空则由登记 IP 生成）", "Terminal (made from the address when empty)"
    ),
    Setting("custid", "企业网银客户号", "Customer number", is_required=True, source="3 head"),
    Setting("cusopr", "操作员代码", "Operator", is_required=True, source="3 head"),
    Setting("oprpwd", "操作员密码", "Operator's password", is_required=True, is_secret=True),
    Setting("ibknum", "默认省行联行号", "Provincial bank code", source="7"),
    Setting("version", "报文版本", "Message version", "120", ("120", "100"), source="3 envelope"),
    Setting("locale", "应答语言", "Language of answers", "zh_CN", ("zh_CN", "en_US")),
    Setting(
        "payroll_summary_code",
        "代发摘要代码",
        "Payroll summary code",
        confirm_zh="b2e0078 摘要代码表（见过 EH、E1、EC）请向银行索取",
        confirm_en="ask the bank for the list of summary codes of b2e0078 (EH, E1, EC were seen)",
        source="4 (e2)",
    ),
    Setting("payroll_province", "代发省份代码（2 位）", "Payroll province code", source="4 (e2)"),
)
PROFILE = Profile(
    slug="boc",
    name_zh="中国银行",
    name_en="Bank of China",
    cnaps_prefix="104",
    items_max=requests.ITEMS_MAX,
    inquiry_items_max=INQUIRY_ITEMS_MAX,
    bank_dedups_by_reference=True,
    statement_rows_max=PAGE_ROWS,
    field_limits=requests.FIELD_LIMITS,
    forbidden=requests.FORBIDDEN,
    endpoints=(
        Endpoint("main", "前置机地址", "Front-end address", "http://host:8080/B2EC/E2BServlet"),
    ),
    settings=SETTINGS,
    confirm_with_bank=(
        Question(
            "附二返回码全表，以及 b2e0007 明细返回码中哪些为最终状态",
            "the full list of return codes (annex 2), and which item codes of b2e0007 are final",
        ),
        Question(
            "insid 重复时的返回码；b2e0007 查无此 insid 的返回码及其可见延迟",
            "the code for a repeated insid; the code for an insid b2e0007 does not know, and for how long that may be",
        ),
        Question(
            "次日以 2002 查询历史明细时是否已含当日夜间批处理入账（2005），如结息",
            "whether history details (2002) on the next day hold what the night's batch posted (2005), such as interest",
        ),
        Question("令牌有效期与并发会话", "how long a token lives, and parallel sessions"),
        Question("账户列表与回单文件的获取方式", "how to get the account list and receipt files"),
        Question(
            "b2e0078 笔数上限、摘要代码、明细结果查询",
            "limits of b2e0078, its summary codes, and how to learn the result of each detail",
        ),
        Question(
            "频率限制、服务时间、b2e0007 结果保留期",
            "rate limits, service hours, and how long b2e0007 remembers",
        ),
        Question("B006–B010 的含义", "the meaning of B006 to B010"),
        Question("退汇如何通知", "how a returned payment is told"),
    ),
    sources={
        "items_max": "(d): 1 to 1000 items in one message",
        "inquiry_items_max": "(f): the maximum is not published, at most 50 is advised",
        "bank_dedups_by_reference": "(d): insid is duplicate-checked within the operator's customer number",
        "field_limits": "(d): the fields' table; a Chinese character counts once in names, twice in furinfo",
        "forbidden": "(d): furinfo without a vertical bar",
    },
)
ABILITIES = frozenset(
    {
        Ability.SIGN_ON,
        Ability.SIGN_OFF,
        Ability.BALANCE,
        Ability.HISTORY_BALANCE,
        Ability.TRANSACTIONS,
        Ability.PAY,
        Ability.PAY_BATCH,
        Ability.PAYROLL,
        Ability.INQUIRE,
        Ability.INQUIRE_BATCH,
        Ability.INQUIRE_PAYROLL,
        Ability.SWEEP,
    }
)
