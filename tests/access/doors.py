"""Every address of the URL map with the objects it may name: what there is to knock at, found by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import URLPattern

from kernel.access import Audience, Policy, policy_of
from tests.access.objects import ELSEWHERE, OBJECTS, WORDS, Address, Thing
from tests.house.addresses import addresses, policies

if TYPE_CHECKING:
    from tests.access.world import Site

_PART = re.compile(r"<(?:\w+:)?(\w+)>")


def app_of(path: str, pattern: URLPattern) -> str:
    """The app an address belongs to, as the tables of objects and duties call it."""
    if path.startswith("api/"):
        return "api"
    package = str(pattern.callback.__module__).partition(".")[0]
    return {"yqlink": "audit"}.get(package, package)


@dataclass(frozen=True)
class Door:
    """One address with one policy and the methods it is knocked at with."""

    name: str
    path: str
    pattern: URLPattern
    policy: Policy
    methods: tuple[str, ...]
    is_api: bool = False

    @property
    def app(self) -> str:
        """Whose address it is."""
        return self.name.partition(":")[0]

    @property
    def parts(self) -> list[str]:
        """The names in its path that stand for an object or an act."""
        return [part for part in _PART.findall(self.path) if part != self.policy.by]

    @property
    def keys(self) -> list[str]:
        """How the table of duties names it: once, or once for each act."""
        if self.is_api:
            return [f"{self.name} {self.methods[0]}"]
        return [f"{self.name}/{act}" for act in self.policy.acts] or [self.name]

    def key(self, address: Address) -> str:
        """The line of the table of duties for a way to call it."""
        act = address.parts.get(self.policy.by) if self.policy.by else None
        return f"{self.name}/{act}" if act is not None else self.keys[0]

    def addresses(self, site: Site) -> Iterator[Address]:
        """Every way to call it in this world."""
        found = [Address("/" + self.path, dict(self.pattern.default_args))]
        for part in _PART.findall(self.path):
            found = [
                Address(
                    re.sub(rf"<(?:\w+:)?{part}>", str(thing.value), one.path),
                    {**one.parts, part: thing.value},
                    thing if thing.is_somebodys else one.thing or thing,
                )
                for one in found
                for thing in self._things(site, part)
            ]
        yield from found

    def table_of(self, part: str) -> str:
        """The key of `OBJECTS` for a part of the path."""
        return f"{self.app}:{part}"

    def _things(self, site: Site, part: str) -> list[Thing]:
        if part == self.policy.by:
            return [Thing(act) for act in self.policy.acts]
        if self.table_of(part) in WORDS:
            return [Thing(word) for word in WORDS[self.table_of(part)]]
        table = ELSEWHERE.get(self.name) or OBJECTS[self.table_of(part)]
        return list(table(site))


def doors() -> list[Door]:
    """Every address of the URL map that is not public."""
    found = []
    for path, pattern in addresses():
        name = f"{app_of(path, pattern)}:{pattern.name}"
        cls = getattr(pattern.callback, "cls", None)
        if cls is not None and policy_of(pattern.callback) is None:
            found += [
                Door(name, path, pattern, policy, (method,), is_api=True)
                for method, policy in cls.policies.items()
            ]
            continue
        (policy,) = policies(pattern)
        if policy.audience is not Audience.PUBLIC:
            found.append(Door(name, path, pattern, policy, ("GET", "POST")))
    return found
