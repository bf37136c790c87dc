"""Who calls the API: a signed-in person, or a system by its signature (docs/api.md), or by its bearer key where allowed."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.views import APIView

from kernel.access import Policy
from masterdata.api_policy import DeclaredPolicy, callers, client_of, people, scope_for, systems
from masterdata.models import ApiClient
from masterdata.services import signed_calls
from masterdata.services.people import authenticate_client

__all__ = [
    "CallingSystem",
    "ClientAuthentication",
    "ReadingView",
    "SystemView",
    "callers",
    "client_named",
    "client_of",
    "clients_seen",
    "people",
    "scope_for",
    "source_systems",
    "systems",
]


class CallingSystem:
    """What REST framework takes for a user when a system calls."""

    is_authenticated = True
    is_active = True
    pk = None

    def __init__(self, client: ApiClient) -> None:
        self.client = client

    def __str__(self) -> str:
        return self.client.display_name


class ClientAuthentication(BaseAuthentication):
    """A signed request, or `YQ <key id>:<secret>`; other schemes are left to the next authenticator."""

    def authenticate(self, request: Request) -> tuple[Any, ApiClient] | None:
        """The calling system; raises AuthenticationFailed for a wrong key or signature."""
        scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
        if scheme.upper() in signed_calls.SCHEMES:
            signer = _signer(request, scheme.upper(), rest)
            return CallingSystem(signer), signer
        if scheme.upper() != "YQ" or not settings.API_BEARER_KEYS:
            return None
        key_id, _, secret = rest.strip().partition(":")
        client = authenticate_client(key_id, secret)
        if client is None:
            raise AuthenticationFailed("unknown key")
        return CallingSystem(client), client

    def authenticate_header(self, request: Request) -> str:
        """Makes a missing key a 401."""
        return "YQ"


def _signer(request: Request, scheme: str, told: str) -> ApiClient:
    http = request._request
    call = signed_calls.Call(
        str(http.method),
        http.get_full_path(),
        http.body,
        request.headers.get("Idempotency-Key", ""),
    )
    try:
        return signed_calls.heard(signed_calls.Proof.read(scheme, told), call)
    except signed_calls.Unsigned as refused:
        raise AuthenticationFailed(refused.message_en) from refused


class ReadingView(APIView):
    """An endpoint for signed-in people and calling systems. Each names its `policies` by method."""

    authentication_classes = [ClientAuthentication, SessionAuthentication]
    permission_classes = [DeclaredPolicy]
    policies: ClassVar[dict[str, Policy]] = {}


class SystemView(APIView):
    """An endpoint for calling systems only."""

    authentication_classes = [ClientAuthentication]
    permission_classes = [DeclaredPolicy]
    policies: ClassVar[dict[str, Policy]] = {}


class ClientAuthenticationScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # the library has no types here
    """How the schema shows it."""

    target_class = "masterdata.api_access.ClientAuthentication"
    name = "clientKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """An API key in the Authorization header."""
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`YQ-HMAC-SHA256 key=…,ts=…,nonce=…,sig=…` or `YQ-SM2 …`, see docs/api.md",
        }


def source_systems() -> list[str]:
    """Every source system with a client, stopped ones too: what they miss waits for them. System look-up for publishing."""
    rows = ApiClient.objects.values_list("source_system", flat=True)
    return sorted(set(rows))


def client_named(name: str) -> ApiClient | None:
    """The calling system of this name. System look-up."""
    return ApiClient.objects.select_related("acts_for").filter(name=name).first()


def clients_seen(names: Collection[str]) -> list[ApiClient]:
    """The calling systems of these names, with their companies, by name. System look-up."""
    rows = ApiClient.objects.filter(name__in=list(names)).prefetch_related("companies")
    return list(rows.order_by("name"))
