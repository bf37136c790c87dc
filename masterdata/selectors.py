"""Every read of master data. Functions without a `scope` are system look-ups and say so."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet

from kernel import clock
from kernel.clock import Calendar
from kernel.errors import NotFound
from kernel.scope import Scope
from masterdata.models import (
    ApiClient,
    Bank,
    BankProfile,
    Branch,
    CalendarDay,
    CalendarYear,
    Company,
    Connection,
    Counterparty,
    CounterpartyAccount,
    Delegation,
    OutboundGate,
    OwnAccount,
    StagedChange,
    User,
)
from masterdata.scopes import scope_of as scope_of
from masterdata.scopes import scope_of_client as scope_of_client
from masterdata.scopes import system_scope as system_scope
from masterdata.states import PayeeState
from masterdata.strategies import NotDecided as NotDecided
from masterdata.strategies import Strategies as Strategies
from masterdata.strategies import chains as chains
from masterdata.strategies import strategy as strategy
from masterdata.working_days import Special

RowT = TypeVar("RowT", bound=Model)
LIVE_PAYEE_STATES = (PayeeState.STAGED, PayeeState.CONFIRMED)
_CALENDAR_TTL_S = 60.0
_calendar: list[tuple[float, Calendar]] = []


def persons_of(user_ids: Iterable[int]) -> dict[int, str]:
    """The natural person behind each of these accounts. System look-up."""
    return dict(User.objects.filter(pk__in=set(user_ids)).values_list("pk", "person_key"))


def persons_behind(scope: Scope, right: str, company_id: int) -> frozenset[str]:
    """The natural persons behind an act: the viewer, and the giver of the right where it was lent to them."""
    giver = scope.lent_by(right, company_id)
    lent = persons_of([giver]).values() if giver is not None else ()
    return frozenset({scope.person_key, *lent})


def lent_between(one: User, other: User, *, at: datetime) -> bool:
    """Whether one of these natural persons acted for the other on that day: then they are not two pairs of eyes."""
    keys = {one.person_key, other.person_key}
    day = at.astimezone(clock.SHANGHAI).date()
    rows = Delegation.objects.filter(
        Q(ended_at=None) | Q(ended_at__gt=at),
        valid_from__lte=day,
        valid_to__gte=day,
        giver__person_key__in=keys,
        receiver__person_key__in=keys,
    )
    return rows.exists()


def user_by_username(username: str) -> User | None:
    """A person by sign-in name. System look-up."""
    return User.objects.filter(username=username).first()


# --- companies and own accounts ----------------------------------------------------------------------------------------


def visible_companies(scope: Scope) -> QuerySet[Company]:
    """Companies the viewer serves, by code."""
    return Company.objects.filter(pk__in=scope.company_ids).order_by("code")


def visible_accounts(scope: Scope) -> QuerySet[OwnAccount]:
    """Own accounts of the companies the viewer serves, with company and bank, by number."""
    return (
        OwnAccount.objects.filter(company_id__in=scope.company_ids)
        .select_related("company", "bank")
        .order_by("number", "pk")
    )


def linked_accounts() -> list[OwnAccount]:
    """Every own account in use that is linked to a bank, by number. System look-up."""
    rows = OwnAccount.objects.filter(is_direct_link=True, is_active=True)
    return list(rows.select_related("company", "bank").order_by("number", "pk"))


def head_offices() -> list[int]:
    """The companies at the top: a right at each of them is one of the whole group. System look-up."""
    return list(Company.objects.filter(parent__isnull=True).values_list("pk", flat=True))


def company_by_code(code: str, *, scope: Scope) -> Company | None:
    """The company with this code, if the viewer serves it."""
    return visible_companies(scope).filter(code=code).first()


def account_by_number(number: str, *, scope: Scope) -> OwnAccount | None:
    """The own account with this number, if the viewer serves its company."""
    return visible_accounts(scope).filter(number=number).first()


def own_numbers(numbers: Iterable[str]) -> dict[str, int]:
    """Which of these account numbers are the group's own, with the company each belongs to. System look-up."""
    rows = OwnAccount.objects.filter(number__in=set(numbers))
    return dict(rows.values_list("number", "company_id"))


def account_by_id(account_id: int) -> OwnAccount | None:
    """The own account, with its company. System look-up."""
    return OwnAccount.objects.select_related("company").filter(pk=account_id).first()


def lock_account(account_id: int) -> OwnAccount:
    """The own account, locked until the caller's transaction ends. System look-up; raises NotFound."""
    account = OwnAccount.objects.select_for_update().filter(pk=account_id).first()
    if account is None:
        raise NotFound("own account")
    return account


def get_company(company_id: int, *, scope: Scope, lock: bool = False) -> Company:
    """A company the viewer serves, locked when asked; raises NotFound."""
    return _one(visible_companies(scope), company_id, "company", lock=lock)


def get_account(account_id: int, *, scope: Scope, lock: bool = False) -> OwnAccount:
    """An own account of a company the viewer serves, locked when asked; raises NotFound."""
    return _one(visible_accounts(scope), account_id, "own account", lock=lock)


def direct_link_accounts() -> QuerySet[OwnAccount]:
    """Accounts that talk to their bank: switched on, connected, active. System look-up."""
    return (
        OwnAccount.objects.filter(
            is_direct_link=True,
            is_active=True,
            connection__isnull=False,
            connection__is_active=True,
        )
        .select_related("company", "bank", "connection")
        .order_by("pk")
    )


# --- counterparties ----------------------------------------------------------------------------------------------------


def visible_counterparties(scope: Scope) -> QuerySet[Counterparty]:
    """Trading partners: group-wide for whoever may see master data, nothing for others."""
    partners = Counterparty.objects.order_by("code")
    return partners if scope.has("masterdata.view") else partners.none()


def visible_payees(scope: Scope) -> QuerySet[CounterpartyAccount]:
    """Bank accounts of trading partners, newest first; group-wide like the partners."""
    accounts = CounterpartyAccount.objects.select_related(
        "counterparty", "made_by", "decided_by"
    ).order_by("-pk")
    return accounts if scope.has("masterdata.view") else accounts.none()


def get_counterparty(counterparty_id: int, *, scope: Scope, lock: bool = False) -> Counterparty:
    """A trading partner, locked when asked; raises NotFound."""
    return _one(visible_counterparties(scope), counterparty_id, "counterparty", lock=lock)


def get_payee(account_id: int, *, scope: Scope, lock: bool = False) -> CounterpartyAccount:
    """A trading partner's bank account, locked when asked; raises NotFound."""
    return _one(visible_payees(scope), account_id, "payee account", lock=lock)


def counterparty_by_code(code: str) -> Counterparty | None:
    """The trading partner with this code, group-wide. System look-up."""
    return Counterparty.objects.filter(code=code).first()


def counterparties_by_id(ids: Iterable[int]) -> dict[int, Counterparty]:
    """These trading partners by id. System look-up."""
    return Counterparty.objects.in_bulk(list(ids))


def payee_account(code: str, number: str) -> CounterpartyAccount | None:
    """The live (staged or confirmed) bank account of a trading partner; `number` normalised. System look-up."""
    return (
        CounterpartyAccount.objects.filter(
            counterparty__code=code, number=number, state__in=LIVE_PAYEE_STATES
        )
        .select_related("counterparty")
        .first()
    )


def payee_accounts(codes: Iterable[str]) -> dict[tuple[str, str], CounterpartyAccount]:
    """Live accounts of many trading partners at once, by (code, number). System look-up for imports."""
    rows = CounterpartyAccount.objects.filter(
        counterparty__code__in=set(codes), state__in=LIVE_PAYEE_STATES
    ).select_related("counterparty")
    return {(row.counterparty.code, row.number): row for row in rows}


# --- banks -------------------------------------------------------------------------------------------------------------


def branch(cnaps: str) -> Branch | None:
    """The directory's line for a CNAPS code; None when unknown, which is a warning, not a fault. System look-up."""
    return Branch.objects.filter(pk=cnaps).select_related("bank").first()


def known_branches(codes: Iterable[str]) -> frozenset[str]:
    """Which of these CNAPS codes stand in the directory. System look-up for imports."""
    wanted = set(codes)
    return frozenset(Branch.objects.filter(pk__in=wanted).values_list("pk", flat=True))


def bank_by_prefix(prefix: str) -> Bank | None:
    """The bank of a CNAPS prefix (three digits). System look-up."""
    return Bank.objects.filter(pk=prefix[:3]).first()


def bank_profile(slug: str) -> BankProfile:
    """Limits and manners of a bank; raises NotFound where no adapter declared it. System look-up."""
    profile = BankProfile.objects.filter(pk=slug).first()
    if profile is None:
        raise NotFound("bank profile", f"银行接口 {slug} 的参数尚未登记")
    return profile


def declared_profile(slug: str) -> BankProfile | None:
    """What the bank's adapter declares, None where no adapter did. System look-up."""
    return BankProfile.objects.filter(pk=slug).first()


def bank_choices() -> list[tuple[str, str]]:
    """Every bank of the directory for a select: prefix and name. System look-up."""
    return [(bank.prefix, f"{bank.prefix} {bank.name}") for bank in Bank.objects.order_by("prefix")]


def account_kinds() -> list[tuple[str, str]]:
    """The kinds of own accounts for a select. System look-up."""
    return [(str(value), str(word)) for value, word in OwnAccount.Kind.choices]


def currency_choices(scope: Scope) -> list[tuple[str, str]]:
    """The currencies of the viewer's accounts for a select."""
    codes = visible_accounts(scope).order_by("currency").values_list("currency", flat=True)
    return [(code, code) for code in dict.fromkeys(codes)]


def visible_banks(scope: Scope) -> QuerySet[Bank]:
    """The banks of the directory, by prefix; public knowledge inside the house."""
    banks = Bank.objects.order_by("prefix")
    return banks if scope.has("masterdata.view") else banks.none()


def visible_branches(scope: Scope) -> QuerySet[Branch]:
    """The lines of the bank directory, by CNAPS code; public knowledge inside the house."""
    branches = Branch.objects.select_related("bank").order_by("cnaps")
    return branches if scope.has("masterdata.view") else branches.none()


# --- connections, calendar, gate, changes ------------------------------------------------------------------------------


def visible_connections(scope: Scope) -> QuerySet[Connection]:
    """Bank connections, for whoever may see them; credentials are never part of what is shown."""
    connections = Connection.objects.defer("credentials", "session").order_by("name")
    return connections if scope.has("connections.view") else connections.none()


def get_connection(connection_id: int, *, scope: Scope, lock: bool = False) -> Connection:
    """A bank connection, locked when asked; raises NotFound."""
    return _one(visible_connections(scope), connection_id, "connection", lock=lock)


def calendar() -> Calendar:
    """Working days of the clearing systems, at most a minute old; raises SealBroken. System look-up."""
    now_s, held = time.monotonic(), list(_calendar)  # another thread may clear the list meanwhile
    if held and now_s - held[0][0] <= _CALENDAR_TTL_S:
        return held[0][1]
    days = CalendarYear.agreed(list(CalendarDay.objects.all()))
    fresh = Calendar(
        holidays=frozenset(one.day for one in days if not one.is_working_day),
        makeup_days=frozenset(one.day for one in days if one.is_working_day),
    )
    _calendar[:] = [(now_s, fresh)]
    return fresh


def special_days(year: int) -> list[Special]:
    """What of a year differs from the plain week, in order. The same for everybody."""
    rows = CalendarDay.objects.filter(day__year=year).order_by("day")
    return [Special(row.day, row.is_working_day, row.name) for row in rows]


def missing_year() -> int | None:
    """The year whose notice should be here by now and is not: this one, and in December the next. The same for everybody."""
    today = clock.today()
    wanted = [today.year, *([today.year + 1] if today.month == 12 else [])]
    return next((year for year in wanted if not special_days(year)), None)


def calendar_sources(year: int) -> list[str]:
    """On what grounds the days of a year stand."""
    rows = CalendarDay.objects.filter(day__year=year).exclude(source_note="")
    return list(rows.order_by("source_note").values_list("source_note", flat=True).distinct())


def forget_calendar() -> None:
    """Read the calendar afresh at its next use in this process."""
    _calendar.clear()


def outbound_gate() -> OutboundGate:
    """The gate that lets anything out, and the number epoch; closed where the row is missing. System look-up."""
    gate = OutboundGate.objects.filter(pk=1).first()
    return gate or OutboundGate(is_open=False, reason="尚未初始化")


def visible_changes(scope: Scope) -> QuerySet[StagedChange]:
    """Proposed and decided changes of dual-controlled master data, newest first."""
    rows = StagedChange.objects.select_related("company", "made_by", "decided_by")
    changes = rows.order_by("-pk")
    if not scope.has("masterdata.view"):
        return changes.none()
    changes = changes.exclude(kind__startswith="people.")  # those have pages of their own
    if not scope.has("connections.view"):
        changes = changes.exclude(kind__startswith="connection.")
    return changes.filter(Q(company_id__in=scope.company_ids) | Q(company__isnull=True))


def clients_within(company_ids: Collection[int]) -> list[str]:
    """Names of the calling systems all of whose companies are among these. System look-up."""
    beyond = ApiClient.companies.through.objects.exclude(company_id__in=company_ids)
    rows = ApiClient.objects.filter(companies__in=company_ids).exclude(
        pk__in=beyond.values("apiclient_id")
    )
    return sorted(set(rows.values_list("name", flat=True)))


def pending_change(kind: str, subject_id: object) -> StagedChange | None:
    """The undecided change of one row, if any. System look-up."""
    return StagedChange.objects.filter(
        kind=kind, subject_id=str(subject_id), state=StagedChange.State.PROPOSED
    ).first()


def pending_changes(kinds: Iterable[str], subject_ids: Iterable[object]) -> dict[str, StagedChange]:
    """The undecided change of these kinds of each of these rows that has one, by its subject id. System look-up."""
    rows = StagedChange.objects.filter(
        kind__in=list(kinds),
        subject_id__in=[str(one) for one in subject_ids],
        state=StagedChange.State.PROPOSED,
    )
    return {row.subject_id: row for row in rows.select_related("made_by")}


def matching(rows: QuerySet[Any], query: str, *columns: str) -> QuerySet[Any]:
    """Rows whose named columns contain every blank-separated word; a `pinyin` column takes lower-case letters."""
    for word in query.split():
        clause = Q()
        for column in columns:
            is_pinyin = column.rpartition("__")[2] == "pinyin"
            if is_pinyin and not word.isascii():
                continue
            clause |= Q(
                **{
                    f"{column}__{'contains' if is_pinyin else 'icontains'}": word.lower()
                    if is_pinyin
                    else word
                }
            )
        rows = rows.filter(clause)
    return rows


def _one(rows: QuerySet[RowT], pk: int, noun: str, *, lock: bool) -> RowT:
    if lock:
        rows = rows.select_for_update(of=("self",))
    row = rows.filter(pk=pk).first()
    if row is None:
        raise NotFound(noun)
    return row
