"""Finance systems as settings: proposed by one administrator, in force once another agrees; one is enough to stop a system.

Secrets are closed when they are typed: nobody sees them again, the second person included.
"""

from __future__ import annotations

import json
import re
import secrets as random
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction

from audit import services as audit
from erpbridge import selectors
from erpbridge.contract import Kind
from erpbridge.models import ErpSystem
from kernel import hosts, vault
from kernel.errors import Conflict, InvalidInput, NotFound
from kernel.scope import Scope
from kernel.secrets import Secret
from masterdata.api_access import client_named
from masterdata.selectors import scope_of, scope_of_client
from masterdata.services.staging import stage

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

    from masterdata.models import ApiClient, StagedChange, User

RIGHT = "connections.edit"
# `connection.` hides them from whoever may not see connections; they are decided on the page of finance systems
EDIT, SECRETS = "connection.erp", "connection.erp_secrets"
KEY_MIN = 32
SECRET_NAMES = {
    "api": ("webhook_key", "ca"),
    "db": ("key", "dsn"),
    "file": ("key",),
    "tcp": ("key", "ca"),
    "table": ("key", "dsn"),
}
_SETTINGS = {
    "api": ("webhook_url",),
    "db": ("schema", "reader"),
    "file": ("root", "form", "encoding"),
    "tcp": ("push_host", "push_port", "tls", "cert_file", "key_file", "encoding"),
    "table": (),
}
_DRIVERS = frozenset({"postgresql+psycopg2", "mysql+pymysql", "mssql+pymssql", "mssql+pyodbc", "oracle+oracledb"})  # fmt: skip
# arguments by which drivers go to another host than the address names, or read a file of this machine
_ELSEWHERE = frozenset({"hostaddr", "service", "servicefile", "odbc_connect", "server", "dsn", "unix_socket", "read_default_file"})  # fmt: skip
_ROLE = re.compile(r"[a-z][a-z0-9_]{2,40}")
_TOLD = (
    Kind.VOUCHER,
    Kind.ARRIVAL_NOTICE,
    Kind.STATEMENT,
    Kind.MASTER_DATA,
)  # results are always told


def demand_reach(scope: Scope, client: ApiClient) -> None:
    """The administrator holds the right in every company of the system; raises NotFound where one is out of reach."""
    companies = scope_of_client(client).company_ids or frozenset(
        client.companies.values_list("pk", flat=True)
    )
    scope.demand(RIGHT)
    if not companies <= scope.companies_with(RIGHT):
        raise NotFound("finance system", "未找到该财务系统")


def _host(host: str, field: str) -> None:
    try:
        hosts.demand_allowed(host, listed=settings.ERP_HOSTS)
    except hosts.HostForbidden as refused:
        raise InvalidInput(refused.message, refused.message_en, field=field) from refused


def _root(text: str) -> str:
    """A folder for exchange: absolute, and inside the one the installation sets aside for that, where it names one."""
    root = Path(text)
    if not root.is_absolute() or ".." in root.parts:
        raise InvalidInput("目录应为绝对路径", "an absolute path is wanted", field="root")
    base = settings.ERP_FILES
    if base and not root.is_relative_to(base):
        raise InvalidInput(
            f"目录应在 {base} 之内", f"the folder stands inside {base}", field="root"
        )
    return str(root)


def _checked(style: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of this style; raises InvalidInput naming the field."""
    said = {name: given[name] for name in _SETTINGS[style] if given.get(name) not in (None, "")}
    kinds = [str(one) for one in given.get("kinds", ())]
    if not set(kinds) <= {str(one) for one in _TOLD}:
        raise InvalidInput("没有这种消息", "no such message", field="kinds")
    if style == "file":
        said["root"] = _root(str(given.get("root", "")))
    if style == "tcp" and said.get("push_host"):
        _host(str(said["push_host"]), "push_host")
    if style == "api" and said.get("webhook_url"):
        url = str(said["webhook_url"])
        is_local = settings.ERP_LOCAL and url.startswith("http://")
        if not url.startswith("https://") and not is_local:
            raise InvalidInput(
                "推送地址应以 https:// 开头",
                "the address begins with https://",
                field="webhook_url",
            )
        _host(hosts.host_of(url), "webhook_url")
    if style == "db" and not _ROLE.fullmatch(str(said.get("reader", ""))):
        raise InvalidInput(
            "只读角色名应为小写字母、数字和下划线", "a role: a-z, 0-9, _", field="reader"
        )
    return {**said, "kinds": sorted(kinds)}


def plain(system: ErpSystem) -> dict[str, Any]:
    """A system as a proposal says it."""
    return {
        "client": system.client.name,
        "style": system.style,
        "profile": system.profile,
        "is_active": system.is_active,
        "settings": dict(system.settings),
    }


def _said(values: Mapping[str, Any]) -> dict[str, Any]:
    style, profile = str(values.get("style", "")), str(values.get("profile", ""))
    if style not in ErpSystem.Style.values:
        raise InvalidInput("请选择方式", "no such style", field="style")
    if profile not in ErpSystem.Profile.values:
        raise InvalidInput("请选择对接标准", "no such profile", field="profile")
    return {
        "style": style,
        "profile": profile,
        "is_active": bool(values.get("is_active", True)),
        "settings": _checked(style, values),
    }


@transaction.atomic(durable=True)
def propose_system(*, values: Mapping[str, Any], actor: User) -> StagedChange:
    """Propose a finance system for a calling system that has none. Raises NotFound, NotAllowed, InvalidInput, Conflict."""
    scope = scope_of(actor)
    scope.demand(RIGHT)
    client = client_named(str(values.get("client", "")))
    if client is None or not client.is_active:
        raise InvalidInput("请选择接口客户端", "choose a calling system", field="client")
    demand_reach(scope, client)
    _require_free(client)
    after = {"client": client.name, **_said(values)}
    return stage(
        EDIT,
        subject_id=f"erp:new:{client.pk}",
        company_id=filed_under(client),
        title=f"新建财务系统：{client.name}",
        before={},
        after=after,
        actor=actor,
    )


def _require_free(client: ApiClient) -> None:
    if ErpSystem.objects.filter(client=client).exists():
        raise Conflict("该接口客户端已登记财务系统", "it is registered", field="client")


def filed_under(client: ApiClient) -> int | None:
    return client.companies.order_by("pk").values_list("pk", flat=True).first()


@transaction.atomic(durable=True)
def propose_edit(
    *, system_id: int, version: int, values: Mapping[str, Any], actor: User
) -> StagedChange:
    """Propose other particulars of a system. Raises NotFound, NotAllowed, StaleVersion, InvalidInput, Conflict."""
    system = mine(system_id, actor)
    system.require_version(version)
    before, said = plain(system), _said(values)
    kept = {
        name: value
        for name, value in system.settings.items()
        if name not in _SETTINGS[said["style"]] and name != "kinds"
    }
    after = {"client": system.client.name, **said, "settings": kept | said["settings"]}
    if after == before:
        raise InvalidInput("没有任何修改", "nothing changed")
    return stage(
        EDIT,
        subject_id=f"erp:{system.pk}",
        company_id=filed_under(system.client),
        title=f"修改财务系统：{system.name}",
        before=before,
        after=after,
        actor=actor,
    )


def mine(system_id: int, actor: User) -> ErpSystem:
    """The system, locked, of whose companies the actor administers all."""
    scope = scope_of(actor)
    system = selectors.get_system(system_id, scope=scope, lock=True)
    demand_reach(scope, system.client)
    return system


def _checked_secret(name: str, secret: Secret) -> None:
    text = secret.reveal()
    if name in ("key", "webhook_key") and len(text) < KEY_MIN:
        raise InvalidInput(
            f"密钥至少 {KEY_MIN} 个字符", f"a key has {KEY_MIN} characters or more", field=name
        )
    if name != "dsn":
        return
    from sqlalchemy.engine import make_url  # 11 MB, for an address that is typed once
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(text)
    except ArgumentError:
        raise InvalidInput("数据库连接无法识别", "no database address", field=name) from None
    if url.drivername not in _DRIVERS:
        raise InvalidInput(
            f"数据库类型应为 {'、'.join(sorted(_DRIVERS))}", "no such driver", field=name
        )
    if _ELSEWHERE & {one.lower() for one in url.query}:
        raise InvalidInput(
            "连接参数不得另指主机或文件", "no argument names a host or file", field=name
        )
    for host in _hosts_of(url):
        if not host.startswith("/"):  # a socket of this machine
            _host(host, name)


def _hosts_of(url: URL) -> list[str]:
    """Every host the address names: drivers take those of the argument `host`, several of them, before the one in front."""
    told = url.query.get("host", ())
    listed = [told] if isinstance(told, str) else told
    named = [one for text in listed for one in text.split(",")]
    bare = [one.partition(":")[0] if one.count(":") == 1 else one for one in named]
    return [*([url.host] if url.host else []), *bare] or [""]


@transaction.atomic(durable=True)
def propose_secrets(
    *, system_id: int, version: int, values: Mapping[str, Secret], actor: User
) -> StagedChange:
    """Propose secrets by name; empty values leave what is stored. Raises as `propose_edit`."""
    system = mine(system_id, actor)
    system.require_version(version)
    given = {name: one for name, one in values.items() if one.reveal()}
    if not given or not set(given) <= set(SECRET_NAMES[system.style]):
        raise InvalidInput("请至少填写一项", "nothing to set", field="key")
    for name, one in given.items():
        _checked_secret(name, one)
    known = secret_names(system)
    subject = f"erp:{system.pk}"
    content = json.dumps({name: one.reveal() for name, one in given.items()}).encode()
    return stage(
        SECRETS,
        subject_id=subject,
        company_id=filed_under(system.client),
        title=f"设置财务系统密钥：{system.name}",
        before={name: "已设置" if name in known else "未设置" for name in sorted(given)},
        after=dict.fromkeys(sorted(given), "新值（加密保存）"),
        sealed=vault.ring().encrypt(content, aad=_aad(subject)),
        actor=actor,
    )


def _aad(subject: str) -> str:
    return f"staged:{SECRETS}:{subject}"


def new_key() -> Secret:
    """A signing key nobody thought up."""
    return Secret(random.token_urlsafe(32))


def secret_names(system: ErpSystem) -> list[str]:
    """Which secrets are set; never their values."""
    return sorted(_opened(system))


def _opened(system: ErpSystem) -> dict[str, str]:
    if not system.secrets:
        return {}
    data = vault.ring().decrypt(bytes(system.secrets), aad=f"erp.system:{system.name}")
    found: dict[str, str] = json.loads(data)
    return found


def _write(change: StagedChange, actor: User) -> ErpSystem:
    said, subject = change.after, str(change.subject_id)
    client = client_named(str(said["client"]))
    if client is None:
        raise Conflict("接口客户端已不存在", "the client is gone")
    demand_reach(scope_of(actor), client)
    if subject.startswith("erp:new:"):
        _require_free(client)
        fields = {name: said[name] for name in ("style", "profile", "settings", "is_active")}
        return ErpSystem.objects.create(name=client.name, client=client, **fields)
    system = ErpSystem.objects.select_for_update().get(pk=int(subject.rpartition(":")[2]))
    if plain(system) != change.before:
        raise Conflict("财务系统在提出变更后已被修改", "the row changed since the proposal")
    for name in ("style", "profile", "settings", "is_active"):
        setattr(system, name, said[name])
    system.save_changes(["style", "profile", "settings", "is_active"])
    return system


def _write_secrets(change: StagedChange, actor: User) -> ErpSystem:
    subject = str(change.subject_id)
    system = ErpSystem.objects.select_for_update().get(pk=int(subject.rpartition(":")[2]))
    demand_reach(scope_of(actor), system.client)
    fresh = json.loads(vault.ring().decrypt(bytes(change.sealed), aad=_aad(subject)))
    content = json.dumps(_opened(system) | fresh).encode()
    system.secrets = vault.ring().encrypt(content, aad=f"erp.system:{system.name}")
    system.save_changes(["secrets"])
    return system


APPLY = {
    EDIT: (_write, "erpbridge.system.accepted"),
    SECRETS: (_write_secrets, "erpbridge.system.secrets_set"),
}


@transaction.atomic(durable=True)
def stop(*, system_id: int, actor: User, why: str) -> None:
    """Stop a lane at once: nothing is taken from or told to it. Raises NotFound, NotAllowed, InvalidInput, Conflict."""
    system = mine(system_id, actor)
    if not why.strip():
        raise InvalidInput("请填写停用原因", "a reason is wanted", field="why")
    if not system.is_active:
        raise Conflict("该财务系统已停用", "stopped already")
    system.is_active = False
    system.save_changes(["is_active"])
    audit.record("erpbridge.system.stopped", actor=actor, subject=system, why=why.strip()[:200])
