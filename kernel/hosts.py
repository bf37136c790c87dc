"""Where the platform may call out to: hosts a person typed are never link-local, metadata services, multicast or nowhere.

Bank front-ends stand in private networks, so private addresses are allowed; a list of hosts and networks narrows it further.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from kernel.errors import NotAllowed

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# Where clouds tell a machine its own credentials, beside the link-local ones.
METADATA = frozenset(map(ipaddress.ip_address, ("100.100.100.200", "192.0.0.192", "fd00:ec2::254")))
METADATA_NAMES = frozenset({"metadata", "metadata.google.internal", "instance-data"})


class HostForbidden(NotAllowed):
    """The platform does not call this host."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"不允许连接主机 {host[:80]}", f"the host {host[:80]} is not allowed", code="host_forbidden"
        )  # fmt: skip


def host_of(endpoint: str) -> str:
    """The host of an address as typed, in small letters without brackets; "" where there is none."""
    try:
        return (urlsplit(endpoint).hostname or "").rstrip(".")
    except ValueError:
        return ""


def _address(text: str) -> Address | None:
    """A literal address, also in the short and numeric forms resolvers take ("2852039166", "0xa9fe.1")."""
    try:
        return ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(text)) if text[:1].isdigit() else None
    except OSError:
        return None


def is_forbidden(address: Address) -> bool:
    """Whether nothing of ours stands at the address, whoever typed it."""
    mapped = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    if mapped is not None:
        return is_forbidden(mapped)
    return (
        address in METADATA
        or address.is_link_local
        or address.is_multicast
        or address.is_unspecified
        or (address.version == 4 and address.is_reserved)
    )


def demand_allowed(host: str, *, listed: Sequence[str] = ()) -> None:
    """Raise HostForbidden unless the host as typed may be called: nothing forbidden, and on the list where there is one."""
    address = _address(host)
    if not host or host.lower() in METADATA_NAMES or (address is not None and is_forbidden(address)):  # fmt: skip
        raise HostForbidden(host)
    if listed and host.lower() not in {one.lower() for one in listed} and not _within(address, listed):  # fmt: skip
        raise HostForbidden(host)


def _within(address: Address | None, listed: Iterable[str]) -> bool:
    for one in listed:
        try:
            if address is not None and address in ipaddress.ip_network(one, strict=False):
                return True
        except ValueError:
            continue  # a name
    return False


def demand_resolved(host: str) -> None:
    """Raise HostForbidden where the host's name leads to a forbidden address now; one that leads nowhere is not judged."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return
    for *_, where in found:
        if is_forbidden(ipaddress.ip_address(str(where[0]).partition("%")[0])):
            raise HostForbidden(host)
