"""What the platform is told of the Bank of China.  Source: BOCB2E interface sheet, sections 1, 4 and 8."""

from __future__ import annotations

from bankadapters.banks.boc import requests
from bankadapters.contract import Ability, Profile

PAGE_ROWS = 50
INQUIRY_ITEMS_MAX = 50

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
    confirm_with_bank=(
        "附二返回码全表，以及 b2e0007 明细返回码中哪些为最终状态",
        "insid 重复时的返回码；b2e0007 查无此 insid 的返回码及其可见延迟",
        "令牌有效期与并发会话",
        "账户列表与回单文件的获取方式",
        "b2e0078 笔数上限、摘要代码、明细结果查询",
        "频率限制、服务时间、b2e0007 结果保留期",
        "B006–B010 的含义",
        "退汇如何通知",
    ),
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
