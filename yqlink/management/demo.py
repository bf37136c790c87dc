"""What the demo group consists of: invented names and numbers, real bank codes."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from masterdata.roles import Role
from masterdata.services.accounts import AccountDraft
from masterdata.services.banks import HEAD_OFFICES
from masterdata.services.companies import CompanyDraft
from masterdata.services.counterparties import CounterpartyDraft
from masterdata.services.payees import PayeeProposal
from masterdata.services.seeding import Person

if TYPE_CHECKING:
    from masterdata.models import Company

_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_ORG_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_CNAPS = {office.name: office.cnaps for office in HEAD_OFFICES if office.cnaps}


def uscc(serial: int) -> str:
    """An invented unified social credit code of Jiangyin with both check characters right (GB 32100, GB 11714)."""
    organisation = f"{serial:08d}"
    total = sum(w * int(c) for w, c in zip(_ORG_WEIGHTS, organisation, strict=True))
    seventeen = f"91320281{organisation}{'0123456789X0'[11 - total % 11]}"
    weights = (pow(3, i, 31) for i in range(17))
    value = sum(w * _USCC_ALPHABET.index(c) for w, c in zip(weights, seventeen, strict=True))
    return seventeen + _USCC_ALPHABET[-value % 31]


COMPANIES: list[tuple[CompanyDraft, str]] = [
    (CompanyDraft("1000", "澄江实业集团有限公司", "澄江集团", uscc(71650010)), ""),
    (CompanyDraft("1010", "澄江化工科技有限公司", "澄江化工", uscc(71650110)), "1000"),
    (CompanyDraft("1020", "澄江物流有限公司", "澄江物流", uscc(71650210)), "1000"),
    (CompanyDraft("1030", "澄江新能源材料有限公司", "澄江新能源", uscc(71650310)), "1000"),
    (CompanyDraft("1040", "澄江国际贸易有限公司", "澄江国贸", uscc(71650410)), "1000"),
]

_NAMES = {
    Role.MAKER: ("张明", "李婷"),
    Role.CLERK: ("唐伟", "蒋丽"),
    Role.CHECKER: ("王磊", "赵敏"),
    Role.APPROVER: ("陈国栋", "刘晓燕"),
    Role.RELEASER: ("杨帆", "周静"),
    Role.RECEIPTS: ("吴倩", "郑浩"),
    Role.RECONCILER: ("钱进", "冯洁"),
    Role.TREASURER: ("孙志远", "朱琳"),
    Role.VIEWER: ("马超", "胡雪"),
    Role.ADMIN: ("林峰", "何佳"),
    Role.SECURITY_ADMIN: ("高翔", "罗丹"),
    Role.AUDITOR: ("梁文博", "宋雨"),
}
_USERNAMES = {
    Role.SECURITY_ADMIN: "security",
    Role.CLERK: "clerk",
    Role.RECEIPTS: "accountant",
    Role.RECONCILER: "recon",
}
PEOPLE = [
    Person(f"{_USERNAMES.get(role, role.value)}{number}", name, role, "1000")
    for role, names in _NAMES.items()
    for number, name in enumerate(names, start=1)
] + [Person("maker3", "许可", Role.MAKER, "1010")]

CLIENT_NAME = "U8 演示"
CLIENT_PERSON = Person("erp_u8", "U8 接口", Role.MAKER, "1000", "system:u8", signs_in=False)
CLIENT_RIGHTS = (
    "payments.view",
    "payments.make",
    "payments.import",
    "statements.view",
    "masterdata.view",
    "payees.propose",
)

CONNECTION_NAME = "中国银行 前置机（模拟）"
CONNECTION: dict[str, object] = {
    "bank_slug": "boc",
    "parameters": {
        "termid": "E127000000001",
        "custid": "30011223",
        "cusopr": "OPR01",
        "version": "120",
        "ibknum": "44433",
    },
    "final_failures": ["S903", "S904", "S905"],
    "not_found_codes": ["S902"],
}
_BOC_PROVINCE = "44433"  # Jiangsu, the bank's own branch code


@dataclass(frozen=True)
class AccountSpec:
    """One account of the demo group."""

    company: str
    bank: str
    branch: str
    number: str
    gl_subject: str
    kind: str = "general"
    is_linked: bool = False

    def draft(self, *, company: Company, connection_id: int | None) -> AccountDraft:
        """The account as masterdata takes it."""
        return AccountDraft(
            company_id=company.pk,
            cnaps=_CNAPS[self.bank],
            branch_name=self.branch,
            number=self.number,
            name=company.name,
            gl_subject=self.gl_subject,
            kind=self.kind,
            branch_code=_BOC_PROVINCE if self.is_linked else "",
            connection_id=connection_id,
        )


_BASIC, _SPECIAL = "basic", "special"
ACCOUNTS = [
    AccountSpec("1000", "中国银行", "中国银行江阴支行", "320766254501", "1002.01", _BASIC, True),
    AccountSpec("1010", "中国银行", "中国银行江阴支行", "320766254519", "1002.01", _BASIC, True),
    AccountSpec("1020", "中国银行", "中国银行江阴支行", "320766254527", "1002.01", _BASIC, True),
    AccountSpec("1030", "中国银行", "中国银行江阴支行", "320766254535", "1002.01", _BASIC, True),
    AccountSpec("1000", "中国工商银行", "中国工商银行江阴支行", "1103028619000142857", "1002.02"),
    AccountSpec("1000", "中国建设银行", "中国建设银行江阴支行", "32050161613600000873", "1002.03"),
    AccountSpec("1000", "招商银行", "招商银行无锡分行江阴支行", "510902867310418", "1002.04"),
    AccountSpec("1010", "中国农业银行", "中国农业银行江阴化工园支行", "10641201040017652", "1002.05"),
    AccountSpec("1010", "中国工商银行", "中国工商银行江阴支行", "1103028609000263741", "1002.02", _SPECIAL),
    AccountSpec("1020", "招商银行", "招商银行无锡分行江阴支行", "510904231610632", "1002.04"),
    AccountSpec("1020", "交通银行", "交通银行江阴支行", "393000685018010097542", "1002.06"),
    AccountSpec("1030", "中国建设银行", "中国建设银行江阴支行", "32050161613600001564", "1002.03"),
    AccountSpec("1030", "浦发银行", "浦发银行江阴支行", "92010154800004319", "1002.07"),
    AccountSpec("1040", "中国工商银行", "中国工商银行江阴支行", "1103028619000385196", "1002.02", _BASIC),
    AccountSpec("1040", "中国农业银行", "中国农业银行江阴支行", "10641201040028417", "1002.05"),
]  # fmt: skip

# Company code and account subject of every account that is linked: live from the first day of the demo.
LIVE_PAIRS = sorted({(spec.company, spec.gl_subject) for spec in ACCOUNTS if spec.is_linked})

_COMPANY_NAMES = {draft.code: draft.name for draft, _ in COMPANIES}
SIMULATOR_ACCOUNTS = [
    {
        "number": spec.number,
        "name": _COMPANY_NAMES[spec.company],
        "bank": "boc",
        "ibknum": _BOC_PROVINCE,
        "currency": "CNY",
        "balance": f"{Decimal(1_000_000_000):.2f}",
    }
    for spec in ACCOUNTS
    if spec.is_linked
]

_SUPPLIERS = [
    ("S0001", "张家港恒源化工原料有限公司", "中国工商银行", "1102028809000317426"),
    ("S0002", "无锡立信机电设备有限公司", "中国建设银行", "32001618636052501937"),
    ("S0003", "江阴顺达物流有限公司", "中国农业银行", "10641001040056318"),
    ("S0004", "苏州明辉包装材料股份有限公司", "招商银行", "512905318610273"),
    ("S0005", "常熟天诚国际贸易有限公司", "交通银行", "325605000018170254163"),
    ("S0006", "宜兴蓝海环保工程有限公司", "中国银行", "493758612043"),
    ("S0007", "南通正泰仪表（江苏）有限公司", "中信银行", "8110501013700284516"),
    ("S0008", "靖江宏业建材有限责任公司", "兴业银行", "408460100100274931"),
    ("S0009", "昆山金桥软件有限公司", "浦发银行", "89070154740002738"),
    ("S0010", "丹阳新光能源有限公司", "中国邮政储蓄银行", "100814592730010001"),
    ("S0011", "海宁永丰纸业有限公司", "平安银行", "15000097843216"),
    ("S0012", "如皋佳美食品有限公司", "中国民生银行", "632481907"),
]
_CUSTOMERS = [
    ("C0001", "上海远东纺织进出口有限公司", "中国银行", "448173920561"),
    ("C0002", "杭州云峰电子商务有限公司", "浙商银行", "3310010010120100283746"),
    ("C0003", "宁波东海船舶配件有限公司", "中国工商银行", "3901120009200146385"),
    ("C0004", "合肥中科精密制造有限公司", "中国建设银行", "34001458608053007129"),
    ("C0005", "青岛海宏轮胎有限公司", "中国光大银行", "38010188000617243"),
    ("C0006", "武汉长江汽车部件有限公司", "华夏银行", "11154000000623917"),
]
PARTNERS = [
    CounterpartyDraft(code, name, kind, uscc(start + 97 * index))
    for rows, kind, start in (
        (_SUPPLIERS, "supplier", 58210010),
        (_CUSTOMERS, "customer", 66340010),
    )
    for index, (code, name, _bank, _number) in enumerate(rows)
]
PAYEES = [
    PayeeProposal(code, name, number, f"{bank}", _CNAPS[bank])
    for code, name, bank, number in _SUPPLIERS + _CUSTOMERS
]

APPROVAL_BANDS: list[tuple[str, str | None, int]] = [
    ("0", "50000", 0),
    ("50000", "5000000", 1),
    ("5000000", None, 2),
]

# document, line, company, payer, supplier's place, amount, purpose, invoice
_DOCUMENTS = (
    ("FK2026000101", "1", "1000", "320766254501", 0, "126840.00", "原料款", "INV-H-3301"),
    ("FK2026000101", "2", "1000", "320766254501", 1, "48600.50", "设备维护", "INV-L-0917"),
    ("FK2026000102", "1", "1010", "320766254519", 3, "9318.60", "包装材料", "INV-M-2204"),
    ("FK2026000103", "1", "1020", "320766254527", 2, "23750.00", "运费", "INV-S-1108"),
    ("FK2026000104", "1", "1030", "320766254535", 5, "512000.00", "环保工程款", "INV-Q-0071"),
)


def documents(day: date) -> str:
    """The payments the demo's finance system asks for, as a list of its own: CSV with a heading line."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        ["单据类型", "单据号", "行号", "公司代码", "付款账号", "收款人编码", "收款户名", "收款账号", "收款银行", "联行号",
         "币种", "金额", "用途", "期望付款日", "发票号"]
    )  # fmt: skip
    for number, line, company, payer, place, amount, purpose, invoice in _DOCUMENTS:
        payee = PAYEES[place]
        writer.writerow(
            ["付款申请单", number, line, company, payer, payee.code, payee.name, payee.number, payee.bank_name, payee.cnaps,
             "CNY", amount, purpose, day.isoformat(), invoice]
        )  # fmt: skip
    return out.getvalue()
