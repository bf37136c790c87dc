"""Who calls the API: a signed-in person, or a system with its key (`Authorization: YQ <key id>:<secret>`)."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.views import APIView

from kernel.access import Policy
from masterdata.api_policy import DeclaredPolicy, callers, client_of, people, scope_for, systems
from masterdata.models import ApiClient
from masterdata.services.people import authenticate_client

__all__ = [
    "CallingSystem",
    "ClientAuthentication",
    "ReadingView",
    "SystemView",
    "callers",
    "client_of",
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
    """`Authorization: YQ <key id>:<secret>`; other schemes are left to the next authenticator."""

    def authenticate(self, request: Request) -> tuple[Any, ApiClient] | None:
        """The calling system; raises AuthenticationFailed for a wrong key."""
        scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
        if scheme.upper() != "YQ":
            return None
        key_id, _, secret = rest.strip().partition(":")
        client = authenticate_client(key_id, secret)
        if client is None:
            raise AuthenticationFailed("unknown key")
        return CallingSystem(client), client

    def authenticate_header(self, request: Request) -> str:
        """Makes a missing key a 401."""
        return "YQ"


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
            "description": "`YQ <key id>:<secret>`",
        }


def source_systems() -> list[str]:
    """The source systems that have an active key. System look-up for publishing."""
    rows = ApiClient.objects.filter(is_active=True).values_list("source_system", flat=True)
    return sorted(set(rows))
