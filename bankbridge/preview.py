"""What a bank will see of a payment: its message as the adapter writes it, and which of our words it carries. Sends nothing."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bankadapters import contract, registry
from bankadapters.errors import BankError, Unencodable
from bankadapters.limits import measure
from bankadapters.sessions import MemorySessions
from bankbridge import translate
from kernel import clock
from kernel.money import Money
from kernel.references import bank_reference, make_reference
from kernel.secrets import Secret

if TYPE_CHECKING:
    from masterdata.models import Connection
    from payments.previewing import Unsent

STAR = "＊＊＊"
NO_KEY = (
    "0" * 16
)  # where a wire is closed with a key, so that its shape can be shown without the key
CARRIED, RESHAPED, ABSENT = "carried", "reshaped", "absent"
EMPTY, BROKEN, UNSEEN = "empty", "broken", "unseen"
RECOGNISED = 10  # so many digits in a row, and a number was cut in two or padded, not left out
LABELS: Mapping[str, str | Promise] = {
    "payer_account": _("付款账号"),
    "payer_name": _("付款户名"),
    "payee_account": _("收款账号"),
    "payee_name": _("收款户名"),
    "payee_bank": _("收款银行"),
    "cnaps": _("联行号"),
    "purpose": _("用途"),
    "remark": _("附言"),
}
UNITS: Mapping[str, str | Promise] = {
    "chars": _("字符"),
    "boc": _("字节（汉字计 2）"),
}


@dataclass(frozen=True)
class Field:
    """One field of ours in the bank's message. `fate`: carried word for word, reshaped, absent, empty, broken, or not to be told."""

    name: str
    label: str | Promise
    ours: str
    length: int
    most: int | None
    unit: str
    fate: str

    @property
    def unit_words(self) -> str | Promise:
        """How the bank counts."""
        return UNITS.get(self.unit) or f"{self.unit.removeprefix('bytes:').upper()} {_('字节')}"


@dataclass(frozen=True)
class Preview:
    """The message and its fields; `problem` is why the bank could not be told of the payment as it stands."""

    bank: str
    charset: str
    operation: str
    fields: tuple[Field, ...]
    text: str = ""
    size: int = 0
    problem: str = ""
    problem_field: str | Promise = ""

    @property
    def lost(self) -> list[Field]:
        """What the bank will not see."""
        return [one for one in self.fields if one.fate == ABSENT]


def of_payment(unsent: Unsent) -> Preview | None:
    """What the bank will see of a payment; None where its account talks to no bank."""
    row = unsent.connection
    if row is None:
        return None
    adapter = _adapter(row, secret=STAR)
    ability = _ability(unsent.operation, adapter)
    item = translate.instruction(unsent.instruction)
    number = bank_reference(make_reference("B", epoch=1, sequence=0), adapter.profile.reference)
    request = contract.WireRequest(ability, batch=contract.Batch(number, [item], ability))
    try:
        data = _written(row, adapter, request)
    except Unencodable as error:
        label = LABELS.get(error.field, error.field)
        fields = _fields(item, adapter.profile, wire=None, broken=error.field)
        return _preview(adapter, ability, fields, problem=error.message, problem_field=label)
    except (BankError, KeyError, ValueError) as error:
        fields = _fields(item, adapter.profile, wire=None)
        return _preview(adapter, ability, fields, problem=str(error))
    charset = str(row.parameters.get("charset") or adapter.profile.charset)
    text = data.decode(charset, "replace")
    fields = _fields(item, adapter.profile, wire=html.unescape(text))
    shown = _starred(text, row, item).replace("><", ">\n<")
    return _preview(adapter, ability, fields, text=shown, size=len(data))


def _preview(
    adapter: contract.BankAdapter,
    ability: contract.Ability,
    fields: tuple[Field, ...],
    *,
    text: str = "",
    size: int = 0,
    problem: str = "",
    problem_field: str | Promise = "",
) -> Preview:
    profile = adapter.profile
    operation = str(ability)
    return Preview(
        profile.name_zh, profile.charset, operation, fields, text, size, problem, problem_field
    )


def _written(
    row: Connection, adapter: contract.BankAdapter, request: contract.WireRequest
) -> bytes:
    """The message; where its bank wants a key to write one, under a key that is none."""
    try:
        return adapter.write(request)
    except Unencodable:
        raise
    except (BankError, ValueError):
        return _adapter(row, secret=NO_KEY).write(request)


def _adapter(row: Connection, *, secret: str) -> contract.BankAdapter:
    """The connection's adapter without any secret of its own: what is written with it could not be sent."""
    found = registry.adapter_class(row.bank_slug)
    declared = found.profile.settings
    told = {str(name): str(value) for name, value in row.parameters.items()}
    defaults = {one.name: one.default for one in declared if one.default and not one.is_secret}
    secrets = {one.name: Secret(secret) for one in declared if one.is_secret}
    connection = contract.Connection(row.bank_slug, row.endpoints, defaults | told, secrets)
    session = contract.Session(token=Secret(secret), opened_at=clock.now())
    return found(connection, sessions=MemorySessions(session))


def _ability(operation: str, adapter: contract.BankAdapter) -> contract.Ability:
    chosen = contract.Ability(operation) if operation else contract.Ability.PAY_BATCH
    return chosen if chosen in adapter.abilities else contract.Ability.PAY


def _fields(
    item: contract.Instruction,
    profile: contract.Profile,
    *,
    wire: str | None,
    broken: str = "",
) -> tuple[Field, ...]:
    is_open = wire is not None and item.payee_account in wire
    found = []
    for name, label in LABELS.items():
        ours = str(getattr(item, name))
        most, unit = profile.field_limits.get(name, (None, f"bytes:{profile.charset}"))
        if name == broken or (most is not None and measure(ours, unit) > most):
            fate = BROKEN
        elif not ours:
            fate = EMPTY
        elif wire is None or not is_open:
            fate = UNSEEN
        else:
            fate = _fate(ours, wire)
        found.append(Field(name, label, ours, measure(ours, unit), most, unit, fate))
    return tuple(found)


def _fate(ours: str, wire: str) -> str:
    if ours in wire:
        return CARRIED
    cut = {ours[:RECOGNISED], ours[-RECOGNISED:]} if ours.isdigit() else set()
    return RESHAPED if any(len(part) == RECOGNISED and part in wire for part in cut) else ABSENT


def _starred(text: str, row: Connection, item: contract.Instruction) -> str:
    """The message without what names the operator: settings of the connection are the administrators' business."""
    ours = {str(getattr(item, name)) for name in LABELS} | {item.reference, _amount(item.money)}
    for value in sorted((str(one) for one in row.parameters.values()), key=len, reverse=True):
        if len(value) >= 4 and value not in ours:
            text = text.replace(value, STAR)
    return text


def _amount(money: Money) -> str:
    return f"{money.amount:.2f}"
