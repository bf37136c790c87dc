"""Where a request comes from: the address behind the trusted proxy, and the browser's own name."""

from __future__ import annotations

from axes.helpers import get_client_ip_address
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str:
    """The caller's network address; how many proxies are trusted is a setting (AXES_IPWARE_PROXY_COUNT)."""
    return str(get_client_ip_address(request) or "")


def agent_of(request: HttpRequest) -> str:
    """What the caller says it is."""
    return str(request.headers.get("User-Agent", ""))[:200]
