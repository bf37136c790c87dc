"""The gate of the API: each endpoint's policies by method, asked once the caller is known; and how they are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission

from kernel.access import Audience, Policy
from kernel.errors import NotAllowed
from kernel.scope import Scope
from masterdata import passwords
from masterdata.models import ApiClient
from masterdata.selectors import scope_of, scope_of_client

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView


def client_of(request: Request) -> ApiClient | None:
    """The calling system, or None when a person calls."""
    return request.auth if isinstance(request.auth, ApiClient) else None


def scope_for(request: Request) -> Scope:
    """What the caller may see and do."""
    client = client_of(request)
    return scope_of_client(client) if client is not None else scope_of(request.user)


class DeclaredPolicy(BasePermission):
    """The gate of the API: the endpoint's `policies` by method, asked once the caller is known."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the caller's kind may knock; raises NotAllowed when a right is missing."""
        method = "GET" if request.method == "HEAD" else str(request.method)
        policies: Mapping[str, Policy] = getattr(view, "policies", {})
        policy = policies.get(method)
        if (
            policy is None
        ):  # a method nobody declared: REST framework answers 405 to those it does not know
            return method not in view.allowed_methods or method == "OPTIONS"
        if policy.audience is Audience.PUBLIC:
            return True
        if not request.user or not request.user.is_authenticated:
            return False
        is_system = client_of(request) is not None
        if is_system and policy.audience is Audience.PERSON:
            return False
        if not is_system and policy.audience is Audience.SYSTEM:
            raise NotAllowed(
                "此接口只供财务系统以接口密钥调用",
                "only for systems with a key",
                code="client_only",
            )
        if not is_system and passwords.must_change(request.user):
            raise NotAllowed("密码须先修改", "change the password first", code="password_expired")
        policy.demand(scope_for(request), view.kwargs)
        return True


def callers(*rights: str) -> Policy:
    """People and calling systems that hold any of these rights."""
    return Policy(Audience.CALLER, rights)


def systems(*rights: str) -> Policy:
    """Calling systems that hold any of these rights; nobody else."""
    return Policy(Audience.SYSTEM, rights)


def people(*rights: str) -> Policy:
    """Signed-in people who hold any of these rights."""
    return Policy(Audience.PERSON, rights)
