"""Steps that lay down master data once: what `seed_demo` and an installation's first day need. All are idempotent."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction

from audit.services import record
from kernel import clock, vault
from kernel.secrets import Secret
from masterdata import selectors
from masterdata.models import (
    ApiClient,
    ApiKey,
    CalendarDay,
    CalendarYear,
    Company,
    Connection,
    Counterparty,
    Membership,
    OutboundGate,
    OwnAccount,
    User,
)
from masterdata.roles import Role
from masterdata.services import banks, calendars, connections, payees, people
from masterdata.services.accounts import AccountDraft, add_account
from masterdata.services.companies import CompanyDraft, add_company
from masterdata.services.counterparties import CounterpartyDraft, add_counterparty
from masterdata.services.signed_calls import secret_aad
from masterdata.states import PayeeState


def ensure_companies(drafts: Sequence[tuple[CompanyDraft, str]]) -> dict[str, Company]:
    """Companies by code, made where missing; each draft with its parent's code ("" for the head), parents first."""
    found = {company.code: company for company in Company.objects.all()}
    for draft, parent in drafts:
        if draft.code not in found:
            parent_id = found[parent].pk if parent else None
            found[draft.code] = add_company(draft=replace(draft, parent_id=parent_id), actor=None)
    return found


def ensure_account(draft: AccountDraft, *, is_direct_link: bool = False) -> OwnAccount:
    """The own account with the draft's number, made where missing; an existing one stays as people made it."""
    account = OwnAccount.objects.filter(number=draft.number).first()
    return account or add_account(draft=draft, actor=None, is_direct_link=is_direct_link)


@dataclass(frozen=True)
class Person:
    """A sign-in to make: `person_key` names the natural person; `role` is held at `company`.

    `signs_in` is False for the user a calling system acts for: nobody knows its password, there is none.
    """

    username: str
    display_name: str
    role: Role
    company: str
    person_key: str = ""
    signs_in: bool = True


def ensure_people(
    wanted: Iterable[Person], *, companies: Mapping[str, Company], password_hash: str, reset: bool
) -> dict[str, User]:
    """People with their duties; existing ones keep their password unless `reset`."""
    wanted = list(wanted)
    found = {user.username: user for user in User.objects.all()}
    fresh = [
        User(
            username=p.username,
            display_name=p.display_name,
            person_key=p.person_key or f"person:{p.username}",
            password=password_hash if p.signs_in else make_password(None),
        )
        for p in wanted
        if p.username not in found
    ]
    User.objects.bulk_create(fresh)
    found |= {user.username: user for user in fresh}
    if reset:
        User.objects.filter(username__in=[p.username for p in wanted if p.signs_in]).update(
            password=password_hash
        )
    Membership.objects.bulk_create(
        [
            Membership(user=found[p.username], company=companies[p.company], role=p.role.value)
            for p in wanted
        ],
        ignore_conflicts=True,
    )
    return found


def ensure_partner(draft: CounterpartyDraft) -> Counterparty:
    """The trading partner with the draft's code, made where missing."""
    found = selectors.counterparty_by_code(draft.code)
    return found or add_counterparty(draft=draft, actor=None, origin="demo")


def ensure_payees(
    proposals: Sequence[payees.PayeeProposal],
    *,
    proposer: User,
    confirmer: User,
    source_note: str,
    in_use_since: datetime | None = None,
) -> int:
    """Payee accounts staged by one person and confirmed by another where missing; answers how many were new."""
    known = selectors.payee_accounts({p.code for p in proposals})
    missing = [p for p in proposals if (p.code, p.number) not in known]
    staged = payees.stage_payees(proposals=missing, actor=proposer, source_note=source_note)
    for account in staged.values():
        if account.state == PayeeState.STAGED:
            payees.decide(
                account,
                confirm=True,
                actor=confirmer,
                why=source_note,
                in_use_since=in_use_since,
            )
    return len(missing)


def ensure_connection(
    *,
    name: str,
    values: Mapping[str, Any],
    endpoints: Mapping[str, str],
    credentials: Mapping[str, Secret],
) -> Connection:
    """The connection of this name; its endpoints always follow, credentials are set only where none are."""
    connection, is_new = Connection.objects.get_or_create(
        name=name, defaults={**values, "endpoints": dict(endpoints)}
    )
    if is_new:
        record("masterdata.connection.created", actor=None, subject=connection, after=dict(values))
    elif connection.endpoints != endpoints:
        connection.endpoints = dict(endpoints)
        connection.save_changes(["endpoints"])
    if not connection.credentials:
        connections.write_credentials(connection, credentials, actor=None)
    return connection


def ensure_client(
    *,
    name: str,
    source_system: str,
    companies: Iterable[Company],
    rights: Iterable[str],
    acts_for: User,
    key: tuple[str, str] | None,
) -> tuple[str, str]:
    """The API client of this name; answers (key id, secret), kept from `key` where the caller still has it."""
    client = ApiClient.objects.filter(name=name).first()
    if client is None:
        issued = people.issue_client(
            name=name,
            source_system=source_system,
            companies=companies,
            rights=rights,
            acts_for=acts_for,
        )
        client, fresh = issued.client, (issued.client.key_id, issued.secret.reveal())
    else:
        fresh = people.fresh_key()
    key_id, secret = key or fresh
    if (client.key_id, client.key_digest) != (key_id, people.key_digest(secret)):
        client.key_id, client.key_digest = key_id, people.key_digest(secret)
        client.save(update_fields=["key_id", "key_digest"])
    return key_id, secret


def ensure_signing_key(
    client: ApiClient, *, kept: tuple[str, str] | None, days: int
) -> tuple[str, str]:
    """A key this client signs its requests with (HMAC): (key id, secret), the one the caller kept where it is still heard."""
    if kept and ApiKey.objects.filter(client=client, key_id=kept[0], revoked_at=None).exists():
        return kept
    key_id, secret = secrets.token_hex(8), secrets.token_urlsafe(39)
    ApiKey.objects.create(
        client=client,
        key_id=key_id,
        scheme=ApiKey.Scheme.HMAC,
        secret=vault.ring().encrypt(secret.encode(), aad=secret_aad(key_id)),
        valid_to=clock.now() + timedelta(days=days),
    )
    return key_id, secret


@transaction.atomic
def ensure_calendar(days: Iterable[tuple[date, bool, str]], *, source_note: str) -> None:
    """Days that differ from the plain week (day, works, name); those already there stay."""
    days = list(days)
    years = {day.year for day, _, _ in days}
    for held in CalendarYear.objects.filter(year__in=years):
        held.verify(CalendarDay.objects.filter(day__year=held.year))
    CalendarDay.objects.bulk_create(
        [
            CalendarDay(day=day, is_working_day=works, name=name[:40], source_note=source_note)
            for day, works, name in days
        ],
        ignore_conflicts=True,
    )
    calendars.seal_years(years)
    selectors.forget_calendar()


def ensure_directory() -> None:
    """The built-in banks and head offices, and the outbound gate's one row."""
    banks.lay_down_banks()
    OutboundGate.objects.get_or_create(pk=1)
