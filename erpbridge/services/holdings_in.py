"""Lists of what a finance system holds of ours (日终清单), taken row by row; `comparing` looks at a list once it is whole."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from erpbridge.contract import HOLDING_FIELDS, ItemReply, fault
from erpbridge.differing import End, document_key
from erpbridge.models import Held, HeldList
from kernel import clock
from kernel.errors import InvalidInput
from kernel.money import parse_amount
from kernel.scope import Scope
from masterdata.selectors import visible_companies

if TYPE_CHECKING:
    from masterdata.models import ApiClient

ROWS_MAX = 1_000_000
AHEAD = timedelta(minutes=5)  # of our clock
_COUNT = re.compile(r"[1-9][0-9]{0,6}")
_PAYMENT, _VOUCHER, _NOTHING = Held.What.PAYMENT, Held.What.VOUCHER, Held.What.NOTHING
_NAMES = {  # what a row of each kind has to say beside its list
    _PAYMENT: ("doc_type", "doc_no", "amount", "state"),
    _VOUCHER: ("posting_key", "amount"),
    _NOTHING: (),
}


@dataclass(frozen=True)
class Head:
    """What every row says of its list."""

    list_no: str
    as_of: datetime
    first_day: date
    rows: int


def _wrong(field: str, code: str, zh: str, en: str) -> InvalidInput:
    return InvalidInput(zh, en, code=code, field=field)


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


def _head(text: Mapping[str, str]) -> Head:
    if not 1 <= len(text["list_no"]) <= 40:
        raise _wrong(
            "list_no", "list_no", "list_no（清单号）必填，至多 40 字", "list_no: 1 to 40 characters"
        )
    as_of = _moment(text["as_of"])
    if as_of is None or as_of > clock.now() + AHEAD:
        raise _wrong(
            "as_of",
            "as_of",
            "as_of（截止时刻）应为带时区的 ISO 时间，不晚于现在，如 2026-11-23T18:00:00+08:00",
            "as_of: an ISO time with its offset, not in the future",
        )
    try:
        first_day = date.fromisoformat(text["first_day"])
    except ValueError:
        raise _wrong(
            "first_day",
            "first_day",
            "first_day（起始日）应为 ISO 日期，如 2026-11-01",
            "first_day: an ISO date",
        ) from None
    rows = text["list_rows"]
    if not _COUNT.fullmatch(rows) or int(rows) > ROWS_MAX:
        raise _wrong(
            "list_rows",
            "list_rows",
            f"list_rows（清单总行数）应为 1 至 {ROWS_MAX} 的整数",
            f"list_rows: 1 to {ROWS_MAX}",
        )
    return Head(text["list_no"], as_of, first_day, int(rows))  # fmt: skip


def _read(text: Mapping[str, str], companies: Mapping[str, int]) -> tuple[Head, Held]:
    """A row and its list's head. Raises InvalidInput naming the field and what was expected."""
    head = _head(text)
    if text["what"] not in _NAMES:
        raise _wrong("what", "what", "what 应为 payment、voucher 或 nothing", "what: payment, voucher or nothing")  # fmt: skip
    what = Held.What(text["what"])
    if text["company_code"] not in companies:
        raise _wrong("company_code", "company_unknown", "公司代码不存在", "unknown company")
    for name in _NAMES[what]:
        if not text[name]:
            raise _wrong(name, "required", f"{name} 必填", f"{name} is wanted")
    if what == _PAYMENT and text["state"] not in list(End):
        raise _wrong("state", "state", f"state 应为 {'、'.join(End)} 之一", f"state: one of {', '.join(End)}")  # fmt: skip
    key = document_key(text["doc_type"], text["doc_no"], text["line_no"]) if what == _PAYMENT else text["posting_key"]  # fmt: skip
    if len(key) > 120 or len(text["ref_no"]) > 40:
        raise _wrong("doc_no", "too_long", "单据号或凭证号过长", "the number is too long")
    row = Held(
        company_id=companies[text["company_code"]], what=what, key=key if what != _NOTHING else ""
    )
    row.currency = text["currency"] or "CNY"
    row.amount = _amount(text["amount"], row.currency) if what != _NOTHING else Decimal(0)
    row.state, row.number = text["state"] if what == _PAYMENT else "", text["ref_no"]
    return head, row


def _amount(text: str, currency: str) -> Decimal:
    """As it stands; a voucher may be red."""
    found = parse_amount(text.removeprefix("-"), currency=currency)
    return -found if text.startswith("-") else found


def take_each(client: ApiClient, scope: Scope, items: Sequence[Any]) -> list[ItemReply]:
    """Each row on its own: OK where it is new, DUP where the list has it so already, ERR with its fault."""
    companies = {one.code: one.pk for one in visible_companies(scope)}
    replies: dict[int, ItemReply] = {}
    rows: dict[int, Held] = {}
    lists: dict[str, HeldList] = {}
    for number, item in enumerate(items, 1):
        try:
            rows[number] = _taken(client, item, companies, lists)
        except InvalidInput as refusal:
            error = fault(refusal.field, number, refusal.code, refusal.message, refusal.message_en)
            replies[number] = ItemReply(number, "ERR", errors=(error,))
    replies.update(_kept(rows))
    return [replies[number] for number in sorted(replies)]


def _taken(
    client: ApiClient, item: object, companies: Mapping[str, int], lists: dict[str, HeldList]
) -> Held:
    if not isinstance(item, Mapping):
        raise _wrong("items", "not_an_object", "每一项应为对象", "each item is an object")
    for name, value in item.items():
        if name not in HOLDING_FIELDS:
            raise _wrong(str(name), "unknown_field", f"未知字段 {name}", f"unknown field {name}")
        if value is not None and not isinstance(value, str):
            raise _wrong(name, "not_a_text", f"{name} 应为字符串", "a string is wanted")
    head, row = _read({name: (item.get(name) or "").strip() for name in HOLDING_FIELDS}, companies)
    row.held_list = lists.setdefault(head.list_no, _list_of(client, head, lists))
    known = row.held_list
    if (known.as_of, known.first_day, known.rows) != (head.as_of, head.first_day, head.rows):
        raise _wrong("list_no", "list_differs", "同一清单号各行的截止时刻、起始日、总行数应一致", "the rows of a list name one as_of, first_day and list_rows")  # fmt: skip
    return row


def _list_of(client: ApiClient, head: Head, lists: Mapping[str, HeldList]) -> HeldList:
    if head.list_no in lists:
        return lists[head.list_no]
    told = {"as_of": head.as_of, "first_day": head.first_day, "rows": head.rows}
    found, _ = HeldList.objects.get_or_create(
        client_id=client.pk, list_no=head.list_no, defaults=told
    )
    return found


def _kept(rows: Mapping[int, Held]) -> dict[int, ItemReply]:
    """The rows written where they are new; one that says something else than the list does is refused."""
    known = _known(list(rows.values()))
    fresh: list[Held] = []
    replies = {}
    for number, row in rows.items():
        name = _name(row)
        there = known.setdefault(name, row)
        if there is row:
            fresh.append(row)
            replies[number] = ItemReply(number, "OK", row.held_list.list_no)
        elif _says(there) == _says(row):
            replies[number] = ItemReply(number, "DUP", row.held_list.list_no)
        else:
            error = fault(
                "list_no", number, "held_differs", "清单中已有此行，内容不同；更正请用新的清单号",
                "the list has this row with another content: draw a new list",
            )  # fmt: skip
            replies[number] = ItemReply(number, "ERR", errors=(error,))
    Held.objects.bulk_create(fresh, batch_size=1_000)
    return replies


def _name(row: Held) -> tuple[int, int, str, str]:
    return row.held_list_id, row.company_id, row.what, row.key


def _says(row: Held) -> tuple[Any, ...]:
    return row.amount, row.currency, row.state, row.number


def _known(rows: Sequence[Held]) -> dict[tuple[int, int, str, str], Held]:
    there = Held.objects.filter(
        held_list_id__in={row.held_list_id for row in rows}, key__in={row.key for row in rows}
    )
    return {_name(row): row for row in there}
