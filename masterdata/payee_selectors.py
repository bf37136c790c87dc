"""Reads of payee control: who shares a name or an account, and since when. System look-ups: rules cross companies."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Exists, OuterRef, Q, Subquery

from kernel.clock import SHANGHAI
from kernel.errors import NotFound
from masterdata.checks import normalise_name
from masterdata.classes import PayeeClass
from masterdata.models import (
    CallBack,
    Counterparty,
    CounterpartyAccount,
    OwnAccount,
    PayeeVersion,
    User,
)
from masterdata.states import PayeeState


@dataclass(frozen=True)
class Elder:
    """An older account under the same name as a young one."""

    account_id: int
    number: str
    version: int
    young_since: date  # the day the young account was confirmed or changed


def _day(moment: datetime) -> date:
    return moment.astimezone(SHANGHAI).date()


def elders(account_ids: Collection[int], *, since: datetime) -> dict[int, Elder]:
    """For each of these accounts confirmed or changed since `since`: the newest older account of the same name.

    Older means confirmed on an earlier day, under another number. Accounts without one are absent, and those whose payee
    confirmed the present version by telephone.
    """
    young = CounterpartyAccount.objects.filter(
        pk__in=account_ids, state=PayeeState.CONFIRMED, decided_at__gte=since
    )
    called = CallBack.objects.filter(
        account_id=OuterRef("pk"),
        version_no=OuterRef("version_no"),
        state=CallBack.State.CONFIRMED,
        answer=CallBack.Answer.CONFIRMED,
    )
    waiting = {row.pk: row for row in young.filter(~Exists(called))}
    if not waiting:
        return {}
    known = CounterpartyAccount.objects.filter(
        name_key__in={row.name_key for row in waiting.values()},
        state__in=[PayeeState.CONFIRMED, PayeeState.CLOSED],
        decided_at__isnull=False,
    )
    by_name: dict[str, list[CounterpartyAccount]] = {}
    for row in known.order_by("decided_at", "pk"):
        by_name.setdefault(row.name_key, []).append(row)
    found = {}
    for pk, row in waiting.items():
        for other in by_name.get(row.name_key, ()):
            is_older = _day(other.decided_at) < _day(row.decided_at)  # type: ignore[arg-type]  # filtered
            if other.number != row.number and is_older:
                found[pk] = Elder(other.pk, other.number, other.version, _day(row.decided_at))  # type: ignore[arg-type]  # filtered
    return found


def numbers_of_names(name_keys: Collection[str]) -> dict[str, set[str]]:
    """Every live account number registered under each of these normalised names; names without one are absent."""
    rows = CounterpartyAccount.objects.filter(
        name_key__in=name_keys, state__in=[PayeeState.STAGED, PayeeState.CONFIRMED]
    )
    found: dict[str, set[str]] = {}
    for key, number in rows.values_list("name_key", "number"):
        found.setdefault(key, set()).add(number)
    return found


def registered(numbers: Collection[str]) -> dict[str, str]:
    """Under which name each of these account numbers is registered as a live payee account; others are absent."""
    rows = CounterpartyAccount.objects.filter(
        number__in=numbers, state__in=[PayeeState.STAGED, PayeeState.CONFIRMED]
    )
    return dict(rows.order_by("-pk").values_list("number", "name"))


@dataclass(frozen=True)
class Holder:
    """A trading partner that has an account number registered."""

    counterparty_id: int
    name: str
    is_employee: bool


@dataclass(frozen=True)
class Surroundings:
    """Who stands behind these account numbers and names, whoever they belong to."""

    owners: dict[str, str]  # own account number → company
    holders: dict[str, list[Holder]]  # account number → partners
    employees: frozenset[str]  # normalised names of employees and users among those asked for
    partners: dict[int, Holder]  # payee account → its partner


def surroundings(
    *, numbers: Collection[str], names: Collection[str], account_ids: Collection[int]
) -> Surroundings:
    """Everybody who shares one of these account numbers or names; four statements for any number."""
    own = OwnAccount.objects.filter(number__in=numbers, is_active=True)
    live = CounterpartyAccount.objects.filter(
        state__in=[PayeeState.STAGED, PayeeState.CONFIRMED]
    ).select_related("counterparty")
    holders: dict[str, list[Holder]] = {}
    partners: dict[int, Holder] = {}
    wanted = set(account_ids)
    for row in live.filter(Q(number__in=numbers) | Q(pk__in=wanted)).order_by("pk"):
        partner = row.counterparty
        is_employee = partner.kind == Counterparty.Kind.EMPLOYEE
        holder = Holder(partner.pk, partner.name, is_employee)
        holders.setdefault(row.number, []).append(holder)
        if row.pk in wanted:
            partners[row.pk] = holder
    keys = {normalise_name(name) for name in names}
    staff = live.filter(name_key__in=keys, counterparty__kind=Counterparty.Kind.EMPLOYEE)
    users = User.objects.filter(display_name__in=names, is_active=True)
    known = set(staff.values_list("name_key", flat=True))
    known |= {normalise_name(name) for name in users.values_list("display_name", flat=True)}
    return Surroundings(
        owners=dict(own.values_list("number", "company__short_name")),
        holders=holders,
        employees=frozenset(known),
        partners=partners,
    )


@dataclass(frozen=True)
class PayeeRef:
    """One payment's payee as payments know it."""

    company_id: int
    number: str
    account_id: int | None  # None: an own account of the group, or typed freely
    is_personal: bool
    was_paid: bool


def payee_classes(refs: Sequence[PayeeRef]) -> list[PayeeClass]:
    """The class of each payee, in the order asked; two statements for any number.

    Own before group before personal; of the rest, who is on the white list or was paid as it stands is whitelisted.
    """
    own = OwnAccount.objects.filter(number__in={ref.number for ref in refs}, is_active=True)
    owners = dict(own.values_list("number", "company_id"))
    ids = {ref.account_id for ref in refs if ref.account_id is not None}
    listed = CounterpartyAccount.objects.filter(pk__in=ids, is_whitelisted=True)
    white = set(listed.values_list("pk", flat=True))
    return [_class(ref, owners.get(ref.number), ref.account_id in white) for ref in refs]


def _class(ref: PayeeRef, owner_id: int | None, is_whitelisted: bool) -> PayeeClass:
    if owner_id is not None:
        return PayeeClass.OWN if owner_id == ref.company_id else PayeeClass.GROUP
    if ref.is_personal:
        return PayeeClass.PERSONAL
    return PayeeClass.WHITELISTED if is_whitelisted or ref.was_paid else PayeeClass.NEW


def payee_class(ref: PayeeRef) -> PayeeClass:
    """The class of one payee; see `payee_classes`."""
    return payee_classes([ref])[0]


@dataclass(frozen=True)
class Standing:
    """How a payee account stands now: its version, since when, and what the last call about that version proved."""

    state: str
    version_no: int
    since: datetime | None
    call: str  # "", "proposed", "confirmed", "denied"
    number: str
    name: str
    cnaps: str
    is_personal: bool


def standings(account_ids: Collection[int]) -> dict[int, Standing]:
    """How these payee accounts stand; two statements for any number."""
    rows = {row.pk: row for row in CounterpartyAccount.objects.filter(pk__in=account_ids)}
    calls: dict[int, str] = {}
    told = CallBack.objects.filter(account_id__in=rows).exclude(state=CallBack.State.REFUSED)
    for call in told.order_by("pk"):
        if call.version_no == rows[call.account_id].version_no:
            if call.answer == CallBack.Answer.DENIED:
                calls[call.account_id] = "denied"
            elif call.state == CallBack.State.CONFIRMED or calls.get(call.account_id) != "denied":
                calls[call.account_id] = call.state  # a denial stands until a confirmed yes
    return {
        pk: Standing(
            state=str(row.state),
            version_no=row.version_no,
            since=row.decided_at,
            call=calls.get(pk, ""),
            number=row.number,
            name=row.name,
            cnaps=row.cnaps,
            is_personal=row.is_personal,
        )
        for pk, row in rows.items()
    }


def versions_of(account_id: int) -> list[PayeeVersion]:
    """Every version of an account's particulars, newest first. The caller was allowed to see the account."""
    rows = PayeeVersion.objects.filter(account_id=account_id)
    return list(rows.select_related("made_by", "decided_by").order_by("-number"))


def calls_of(account_id: int) -> list[CallBack]:
    """Every call about an account, newest first. The caller was allowed to see the account."""
    rows = CallBack.objects.filter(account_id=account_id)
    return list(rows.select_related("made_by", "decided_by").order_by("-pk"))


def lock_call(call_id: int) -> CallBack:
    """One call, locked until the caller's transaction ends; raises NotFound. The caller checks the viewer's right."""
    found = CallBack.objects.select_for_update(of=("self",)).filter(pk=call_id).first()
    if found is None:
        raise NotFound("call back")
    return found


@dataclass(frozen=True)
class ToCall:
    """An account that wants a call, and the call that waits for its second person, if one does."""

    account_id: int
    version: int
    open_call: int | None


def to_be_called(account_ids: Collection[int]) -> list[ToCall]:
    """How far the calls about these accounts are."""
    waiting = CallBack.objects.filter(account_id=OuterRef("pk"), state=CallBack.State.PROPOSED)
    rows = CounterpartyAccount.objects.filter(pk__in=account_ids).order_by("pk")
    found = rows.annotate(open_call=Subquery(waiting.values("pk")[:1]))
    return [ToCall(*row) for row in found.values_list("pk", "version", "open_call")]


def customers_by_account(numbers: Collection[str]) -> dict[str, frozenset[int]]:
    """The customers each of these account numbers is confirmed for; numbers normalised. System look-up of receipts."""
    rows = CounterpartyAccount.objects.filter(
        number__in=set(numbers), state=PayeeState.CONFIRMED, counterparty__kind="customer"
    )
    return _grouped(rows.values_list("number", "counterparty_id"))


def customers_by_name(names: Collection[str]) -> dict[str, frozenset[int]]:
    """The customers each of these payer names belongs to, by the name normalised. System look-up of receipts."""
    wanted = {normalise_name(name): name for name in names if name.strip()}
    accounts = CounterpartyAccount.objects.filter(
        name_key__in=wanted, state=PayeeState.CONFIRMED, counterparty__kind="customer"
    )
    spelled = {
        form
        for key, name in wanted.items()
        for form in (name.strip(), key, key.replace("(", "（").replace(")", "）"))
    }
    partners = Counterparty.objects.filter(name__in=spelled, kind="customer", is_active=True)
    pairs = [(normalise_name(name), pk) for name, pk in partners.values_list("name", "pk")]
    return _grouped([*accounts.values_list("name_key", "counterparty_id"), *pairs])


def _grouped(pairs: Iterable[tuple[str, int]]) -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    for key, pk in pairs:
        found.setdefault(key, set()).add(pk)
    return {key: frozenset(ids) for key, ids in found.items()}
