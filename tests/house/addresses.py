"""The URL map of the whole house, flat: each address with its declared policies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from kernel.access import Policy, policy_of


def addresses(
    patterns: list[Any] | None = None, prefix: str = ""
) -> Iterator[tuple[str, URLPattern]]:
    """Every address of the URL map with its pattern."""
    for one in get_resolver().url_patterns if patterns is None else patterns:
        path = prefix + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from addresses(one.url_patterns, path)
        else:
            yield path, one


def policies(pattern: URLPattern) -> list[Policy]:
    """The declared policies of an address: one, or one for each method of an endpoint."""
    found = policy_of(pattern.callback)
    if found is not None:
        return [found]
    return list(getattr(getattr(pattern.callback, "cls", None), "policies", {}).values())
