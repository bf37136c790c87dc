"""Calling systems and their keys: two security administrators let one in or widen what it may, one is enough to stop it.

A system sees and asks, it decides nothing (`SYSTEM_RIGHTS`), and what it may counts as a duty of the person it acts for. A
shared secret is made in two halves, one shown to each of the two; of an SM2 key the platform only has the public half.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from audit.services import record
from kernel import clock, signatures, vault
from kernel.errors import Conflict, InvalidInput, NotFound
from kernel.scope import Scope
from kernel.secrets import Secret
from masterdata import people_selectors as people
from masterdata.duties import SYSTEM_RIGHTS, Duty, roles_behind
from masterdata.models import ApiClient, ApiKey, Company, StagedChange, User
from masterdata.selectors import scope_of
from masterdata.services.people_admin import demand_no_clash
from masterdata.services.people_changes import (
    EDIT,
    Applied,
    demand_stranger,
    propose,
    text,
)
from masterdata.services.signed_calls import secret_aad

NEW, EDITED, KEY = "people.client.new", "people.client.edit", "people.client.key"
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
HALF = 26  # letters of five bits each: a half alone is as strong as a whole key of 128 bits


def _reachable(client_id: int, scope: Scope) -> ApiClient:
    """The client, locked, all of whose companies the viewer administers; raises NotFound, NotAllowed."""
    scope.demand(EDIT)
    seen = people.visible_clients(scope).filter(pk=client_id).exists()
    client = ApiClient.objects.select_for_update().filter(pk=client_id).first() if seen else None
    held = set() if client is None else set(client.companies.values_list("pk", flat=True))
    if client is None or not held <= scope.companies_with(EDIT):
        raise NotFound("API client", "未找到该接口客户端")
    return client


# --- what is proposed ---------------------------------------------------------------------------------------------------


def _grant(values: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    """Companies, rights and the person acted for, checked; raises InvalidInput, NotFound."""
    companies = sorted({int(pk) for pk in values.get("companies", ())})
    rights = sorted(set(values.get("rights", ())))
    if not companies or not set(companies) <= scope.companies_with(EDIT):
        raise InvalidInput("请选择公司", "choose companies you administer", field="companies")
    if not rights or not set(rights) <= SYSTEM_RIGHTS:
        raise InvalidInput("请选择权限", "choose rights a system may hold", field="rights")
    username = str(values.get("acts_for", "")).strip()
    acts_for = people.visible_people(scope).filter(username=username, is_active=True).first()
    if acts_for is None:
        raise InvalidInput("没有这位启用的用户", "no such active user", field="acts_for")
    return {"companies": companies, "rights": rights, "acts_for_id": acts_for.pk}


def _demand_fitting(after: Mapping[str, Any], *, but: ApiClient | None = None) -> User:
    """The person acted for, locked; raises NotAllowed where the system's duties clash with the person's."""
    user = people.lock_person(int(after["acts_for_id"]))
    companies = Company.objects.filter(pk__in=after["companies"])
    duties = [
        Duty(role, company.path, company.short_name, str(after.get("name", "")))
        for role in sorted(roles_behind(after["rights"]))
        for company in companies
    ]
    demand_no_clash(user.person_key, duties, but_client=but)
    return user


def _scheme(values: Mapping[str, Any]) -> dict[str, str]:
    """How the key signs, and its public half where it is SM2; raises InvalidInput."""
    scheme, point = str(values.get("scheme", "")), str(values.get("point", "")).strip().lower()
    if scheme not in ApiKey.Scheme.values:
        raise InvalidInput("请选择签名方式", "no such scheme", field="scheme")
    if scheme == ApiKey.Scheme.HMAC:
        return {"scheme": scheme, "point": ""}
    point = point.removeprefix("04") if len(point) == 130 else point
    if not signatures.is_point(signatures.Algorithm.SM2, point):
        raise InvalidInput(
            "SM2 公钥须为 128 位十六进制（x‖y）", "the public key wants 128 hex digits x‖y", field="point"
        )  # fmt: skip
    return {"scheme": scheme, "point": point}


@transaction.atomic(durable=True)
def propose_client(*, values: Mapping[str, Any], actor: User) -> StagedChange:
    """Propose a calling system with its first key. Raises NotAllowed (right, own person, clash), InvalidInput, Conflict."""
    scope = scope_of(actor)
    scope.demand(EDIT)
    name = text(values, "name", most=60, label="名称")
    source = text(values, "source_system", most=30, label="来源系统")
    if ApiClient.objects.filter(name=name).exists():
        raise Conflict("名称已存在", "the name is taken")
    after = {"name": name, "source_system": source, **_grant(values, scope), **_scheme(values)}
    demand_stranger(actor, _demand_fitting(after).person_key)
    return propose(
        NEW, actor=actor, subject_id=name, company_id=_one_company(after), title=f"新建接口客户端：{name}", after=after,
    )  # fmt: skip


@transaction.atomic(durable=True)
def propose_client_edit(*, client_id: int, values: Mapping[str, Any], actor: User) -> StagedChange:
    """Propose other companies, rights or another person acted for. Raises as `propose_client`, and NotFound."""
    scope = scope_of(actor)
    client = _reachable(client_id, scope)
    before = _standing(client)
    after = {"client_id": client.pk, **_grant(values, scope)}
    if {name: after[name] for name in before} == before:
        raise InvalidInput("没有任何修改", "nothing changed")
    user = _demand_fitting({**after, "name": client.name}, but=client)
    demand_stranger(actor, user.person_key, *_person_of(client))
    return propose(
        EDITED, actor=actor, subject_id=client.pk, company_id=_one_company(after), title=f"修改接口客户端：{client.name}",
        before=before, after=after,
    )  # fmt: skip


@transaction.atomic(durable=True)
def propose_key(*, client_id: int, values: Mapping[str, Any], actor: User) -> StagedChange:
    """Propose a further key: the old one goes on until it is revoked, so that a system changes keys without a pause."""
    client = _reachable(client_id, scope_of(actor))
    if not client.is_active:
        raise Conflict("该客户端已停用", "the client is stopped")
    demand_stranger(actor, *_person_of(client))
    standing = _standing(client)
    after = {"client_id": client.pk, "acts_for_id": standing["acts_for_id"], **_scheme(values)}
    return propose(
        KEY, actor=actor, subject_id=client.pk, company_id=_one_company(standing), title=f"新密钥：{client.name}", after=after,
    )  # fmt: skip


def _standing(client: ApiClient) -> dict[str, Any]:
    companies = sorted(client.companies.values_list("pk", flat=True))
    return {"companies": companies, "rights": sorted(client.rights), "acts_for_id": client.acts_for_id}  # fmt: skip


def _one_company(after: Mapping[str, Any]) -> int | None:
    """The company a proposal is filed under: where it concerns several, each of them has to be administered anyway."""
    companies: Sequence[int] = after["companies"]
    return companies[0] if companies else None


def _person_of(client: ApiClient) -> tuple[str, ...]:
    return (client.acts_for.person_key,) if client.acts_for is not None else ()


# --- what is agreed -----------------------------------------------------------------------------------------------------


def _administered(change: StagedChange, companies: Sequence[int]) -> None:
    """The second person administers every company it is about, too; raises NotFound."""
    if change.decided_by is None or not set(companies) <= scope_of(change.decided_by).companies_with(EDIT):  # fmt: skip
        raise NotFound("staged change")


def first_half(change: StagedChange) -> str:
    """The half of a shared secret its proposer hands over."""
    found = vault.ring().blind_index(f"api-key:{change.pk}")
    return "".join(_LETTERS[int(found[at : at + 2], 16) % len(_LETTERS)] for at in range(0, 2 * HALF, 2))  # fmt: skip


def _make_key(change: StagedChange, client: ApiClient) -> Secret | None:
    """The key of an agreed change; the half its second person hands over, None for SM2."""
    key = ApiKey(client=client, key_id=secrets.token_hex(8), scheme=change.after["scheme"])
    key.valid_to = clock.now() + timedelta(days=settings.API_KEY_DAYS)
    second = None
    if key.scheme == ApiKey.Scheme.HMAC:
        second = Secret("".join(secrets.choice(_LETTERS) for _ in range(HALF)))
        whole = first_half(change) + second.reveal()
        key.secret = vault.ring().encrypt(whole.encode(), aad=secret_aad(key.key_id))
    else:
        key.point = bytes.fromhex(change.after["point"])
    key.save(force_insert=True)
    return second


def apply_client(change: StagedChange) -> Applied:
    """Let the system in, with its first key."""
    after = change.after
    _administered(change, after["companies"])
    user = _demand_fitting(after)
    if ApiClient.objects.filter(name=after["name"]).exists():
        raise Conflict("名称已存在", "the name is taken")
    client = ApiClient.objects.create(
        name=after["name"], source_system=after["source_system"], rights=after["rights"], acts_for=user,
        key_id=f"-{secrets.token_hex(8)}",
    )  # fmt: skip  # no bearer key: an empty digest agrees with nothing
    client.companies.set(after["companies"])
    return Applied(client, _make_key(change, client))


def _client_of(change: StagedChange) -> ApiClient:
    client = ApiClient.objects.select_for_update().get(pk=change.after["client_id"])
    if not client.is_active:
        raise Conflict("该客户端已停用", "the client is stopped")
    _administered(change, list(client.companies.values_list("pk", flat=True)))
    return client


def apply_client_edit(change: StagedChange) -> Applied:
    """Write what the system may do from now on."""
    client = _client_of(change)
    _administered(change, change.after["companies"])
    user = _demand_fitting({**change.after, "name": client.name}, but=client)
    client.rights, client.acts_for = change.after["rights"], user
    client.save(update_fields=["rights", "acts_for"])
    client.companies.set(change.after["companies"])
    return Applied(client)


def apply_key(change: StagedChange) -> Applied:
    """Give the system its further key."""
    client = _client_of(change)
    return Applied(client, _make_key(change, client))


# --- taken away by one ----------------------------------------------------------------------------------------------------


@transaction.atomic(durable=True)
def stop_client(*, client_id: int, actor: User, why: str) -> None:
    """Stop a system at once: none of its keys is heard from now on. Raises NotFound, NotAllowed, InvalidInput, Conflict."""
    client = _reachable(client_id, scope_of(actor))
    why = text({"why": why}, "why", most=200, label="原因")
    if not client.is_active:
        raise Conflict("该客户端已停用", "stopped already")
    client.is_active = False
    client.save(update_fields=["is_active"])
    record("masterdata.api_client.stopped", actor=actor, subject=client, why=why)


@transaction.atomic(durable=True)
def revoke_key(*, client_id: int, key_id: int, actor: User, why: str) -> None:
    """Revoke one key of a system at once. Raises NotFound, NotAllowed, InvalidInput (no reason), Conflict."""
    client = _reachable(client_id, scope_of(actor))
    key = ApiKey.objects.select_for_update().filter(client=client, pk=key_id).first()
    if key is None:
        raise NotFound("API key", "未找到该密钥")
    why = text({"why": why}, "why", most=200, label="原因")
    if key.revoked_at is not None:
        raise Conflict("该密钥已吊销", "revoked already")
    key.revoked_at, key.why = clock.now(), why
    key.save(update_fields=["revoked_at", "why"])
    record("masterdata.api_key.revoked", actor=actor, subject=client, after={"key": key.key_id}, why=why)  # fmt: skip
