"""Who may reach an address: a value declared beside it, enforced in one place, read by the rights report and the matrix test.

Every address of the house carries a `Policy`; one without is refused at run time and fails the build. A policy says who may
knock at all; what of which company they then see or do is the business of `Scope` in selectors and services.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from kernel.errors import NotAllowed, NotFound
from kernel.scope import Scope

ViewT = TypeVar("ViewT", bound=Callable[..., Any])


class Audience(StrEnum):
    """Who may knock."""

    PUBLIC = "public"  # anybody, signed in or not
    PERSON = "person"  # people who signed in
    CALLER = "caller"  # people, and calling systems with their key
    SYSTEM = "system"  # calling systems only


@dataclass(frozen=True)
class Policy:
    """One address: its audience, and the rights of which its caller must hold any (none: what is shown is their own).

    Where one address serves several acts, `by` names the part of the address that chooses and `acts` each act's rights.
    """

    audience: Audience
    rights: tuple[str, ...] = ()
    by: str = ""
    acts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def rights_for(self, parts: Mapping[str, Any]) -> tuple[str, ...]:
        """The rights for an address with these parts; raises NotFound for an act nobody declared."""
        if not self.by:
            return self.rights
        found = self.acts.get(str(parts.get(self.by)))
        if found is None:
            raise NotFound("act")
        return found

    def demand(self, scope: Scope, parts: Mapping[str, Any]) -> None:
        """Raise NotAllowed unless the holder of `scope` may knock here."""
        rights = self.rights_for(parts)
        if rights and not any(scope.has(right) for right in rights):
            raise NotAllowed(
                "您没有执行此操作的权限",
                f"the right {' or '.join(rights)} is missing",
                code="right_missing",
            )


def declared(view: Any, policy: Policy) -> Any:
    """The view with its policy; a fresh wrapper, because one view may serve several addresses."""

    @functools.wraps(view)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **kwargs)

    wrapper.policy = policy  # type: ignore[attr-defined]  # what policy_of reads
    return wrapper


def policy_of(view: Any) -> Policy | None:
    """The declared policy of a view, None where there is none."""
    found = getattr(view, "policy", None)
    return found if isinstance(found, Policy) else None


def public(view: ViewT) -> ViewT:
    """An address for anybody."""
    return declared(view, Policy(Audience.PUBLIC))  # type: ignore[no-any-return]  # the same view


def personal(view: ViewT) -> ViewT:
    """An address for whoever signed in: it shows and changes their own things, or what their scope lets through."""
    return declared(view, Policy(Audience.PERSON))  # type: ignore[no-any-return]  # the same view


def guarded(view: ViewT, *rights: str) -> ViewT:
    """An address for people who hold any of these rights in some company."""
    return declared(view, Policy(Audience.PERSON, rights))  # type: ignore[no-any-return]  # the same view


def guarded_by(view: ViewT, part: str, acts: Mapping[str, tuple[str, ...]]) -> ViewT:
    """An address of several acts: `part` of it chooses, each act has rights of its own."""
    return declared(view, Policy(Audience.PERSON, by=part, acts=dict(acts)))  # type: ignore[no-any-return]  # the same view
