"""变更历史: what became of one object's rows, for examiners. A literal table says which rows an object has, and who may see it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from audit import row_history
from audit.row_history import FieldChange
from desk.filters import ChoiceFilter, DateRangeFilter, TextFilter
from desk.keysets import whole_number
from desk.pages import ListPage
from desk.rows import Column
from desk.words import words_of
from kernel.errors import NotFound
from kernel.scope import Scope
from masterdata import people_selectors as people
from masterdata import selectors as masterdata
from masterdata.services import dated
from masterdata.views import rules
from payments import selectors as payments
from yqlink.workspace.column_words import column_word

if TYPE_CHECKING:
    from audit.models import RowChange

Keys = dict[str, list[str]]  # by table; the object's own first
Find = Callable[[str, Scope], Keys]
_OF_A_PERSON = (
    ("masterdata_membership", "user_id"),
    ("masterdata_delegation", "giver_id"),
    ("masterdata_securitykey", "user_id"),
    ("otp_totp_totpdevice", "user_id"),
)
_OPS = {"I": _("新增"), "U": _("修改"), "D": _("删除"), "A": _("迁移后登记")}
_STATES = frozenset({"state", "shown_state", "held_from"})


def _rows(found: Iterable[Any]) -> Keys:
    """The keys of these rows, by table; the first is the object itself."""
    keys: Keys = {}
    for row in found:
        keys.setdefault(row._meta.db_table, []).append(str(row.pk))
    return keys


def _payment(ref: str, scope: Scope) -> Keys:
    order = payments.get_order(ref, scope=scope)
    return _rows([order, *order.instructions.all()])


def _by_id(get: Callable[..., Any]) -> Find:
    def find(ref: str, scope: Scope) -> Keys:
        number = whole_number(ref)
        if number is None:
            raise NotFound("object")
        return _rows([get(number, scope=scope)])

    return find


def _person(ref: str, scope: Scope) -> Keys:
    keys = _by_id(people.get_person)(ref, scope)
    (user_id,) = next(iter(keys.values()))
    for table, column in _OF_A_PERSON:  # duties and devices taken away since belong to the story
        keys[table] = row_history.keys_with(table, column, int(user_id))
    return keys


def _counterparty(ref: str, scope: Scope) -> Keys:
    partner = masterdata.get_counterparty(whole_number(ref) or 0, scope=scope)
    return _rows([partner, *partner.accounts.all()])


def _client(ref: str, scope: Scope) -> Keys:
    client = people.visible_clients(scope).filter(pk=whole_number(ref) or 0).first()
    return _rows([] if client is None else [client, *client.keys.all()])


def _rule(ref: str, scope: Scope) -> Keys:
    """`approvals.policy:3`: the third line of the approval matrix."""
    name, _colon, line = ref.rpartition(":")
    kind = dated.kind_named(name)
    return _rows(row for row in rules.visible(kind, scope) if str(row.line) == line)


@dataclass(frozen=True)
class Subject:
    """A kind of object: its name, and the rows one of them has. Raises NotFound for what the viewer may not see."""

    title: str | Promise
    find: Find


SUBJECTS: dict[str, Subject] = {
    "payment": Subject(_("付款单"), _payment),
    "account": Subject(_("银行账户"), _by_id(masterdata.get_account)),
    "company": Subject(_("公司"), _by_id(masterdata.get_company)),
    "counterparty": Subject(_("往来单位"), _counterparty),
    "payee": Subject(_("收款账户"), _by_id(masterdata.get_payee)),
    "connection": Subject(_("银行通道"), _by_id(masterdata.get_connection)),
    "person": Subject(_("用户"), _person),
    "client": Subject(_("接口系统"), _client),
    "rule": Subject(_("规则与参数"), _rule),
}


class _Chosen(ChoiceFilter):
    """Part of the name of the object, which `base` has found already."""

    def apply(self, rows: QuerySet[Any], given: Mapping[str, str]) -> QuerySet[Any]:
        """Nothing more to narrow."""
        return rows


class _Number(TextFilter):
    """The object's number, which `base` has found already."""

    def apply(self, rows: QuerySet[Any], given: Mapping[str, str]) -> QuerySet[Any]:
        """Nothing more to narrow."""
        return rows


def _value(column: str, value: Any) -> str:
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return _now("是") if value else _now("否")
    return str(words_of(value).word) if column in _STATES else str(value)


def _line(one: FieldChange, *, is_own: bool) -> str:
    where = "" if is_own else f"{one.row} "
    before, after = _value(one.column, one.before), _value(one.column, one.after)
    return f"{where}{column_word(one.column)}：{before} → {after}"


class RowHistoryPage(ListPage):
    """Every change of an object's rows, newest first."""

    key, title = "audit.rows", _("变更历史")
    caption = _(
        "由数据库触发器逐条记录，与操作轨迹在同一条摘要链上；密码、密钥等保密字段只记摘要，不记内容。"
    )
    order = "-id"
    columns = (
        Column("at", _("时间"), kind="datetime"),
        Column("op", _("动作"), value=lambda row: _OPS[row["op"]], needs=("op",)),
        Column("name", _("操作人"), value=lambda row: row["name"], needs=("hand", "who")),
        Column("told", _("字段：之前 → 之后"), kind="lines", value=lambda row: row["told"], needs=("said", "relation")),
        Column("origin", _("来源"), value=lambda row: row["from"]),
        Column("id", _("变更号"), kind="number"),
    )  # fmt: skip
    export_columns = (Column("digest", _("变更摘要"), kind="code"),)
    filters = (
        _Chosen("kind", _("对象类型"), choices=[(name, one.title) for name, one in SUBJECTS.items()]),
        _Number("ref", _("对象编号")),
        DateRangeFilter("day", _("日期"), "at", moments=True),
    )  # fmt: skip
    empty_title = _("没有变更记录")
    empty_hint = _("请选择对象类型并填写编号，或从对象的页面进入。")

    def base(self, scope: Scope) -> QuerySet[RowChange]:
        """The changes of the object that is asked for, where the examiner may see it."""
        scope = scope.within("audit.read")
        self._keys: Keys = {}
        subject, ref = SUBJECTS.get(self.given.get("kind", "")), self.given.get("ref", "").strip()
        if subject is not None and ref:
            self._keys = subject.find(ref, scope)
            if not self._keys:
                raise NotFound("object")
        return row_history.changes(self._keys)

    def enrich(self, rows: list[dict[str, Any]]) -> None:
        """Whose hand it was, and which columns it left otherwise."""
        own = next(iter(self._keys), "")
        for row in rows:
            hand = row_history.hand_of(row["hand"], row["who"])
            row["name"] = hand.name if hand.is_ours else _now("不是平台写入：") + hand.name
            row["from"] = hand.origin
            table = row["relation"]
            found = row_history.fields(table, row["said"], self._keys[table])
            is_own = table == own
            row["told"] = "\n".join(_line(one, is_own=is_own) for one in found)
