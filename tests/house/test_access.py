"""Every address of the house declares who may reach it, and no declaration names a right nobody holds."""

from __future__ import annotations

import pytest
from django.test import RequestFactory
from django.urls import URLPattern

from kernel.access import Audience, policy_of
from kernel.scope import Scope
from masterdata.api_policy import DeclaredPolicy
from masterdata.duties import SYSTEM_RIGHTS
from masterdata.roles import RIGHTS
from tests.access.doors import doors
from tests.access.duties import is_listed
from tests.access.objects import ELSEWHERE, OBJECTS, WORDS
from tests.house.addresses import addresses, policies
from yqlink.scope import ScopeMiddleware

PUBLIC = {
    "healthz": "the proxy asks whether the process lives",
    "api/schema/": "what the API can do is no secret",
    "api/docs/": "the same for readers",
    "api/v1/schema/": "the same under its version",
    "api/v1/docs/": "the same under its version",
    "sign-in/": "where a visitor becomes a person",
    "sign-in/code/": "its second step; the session knows who gave the password",
    "sign-in/enrol/": "the same for whoever has no second factor yet",
    "sign-out/": "leaving is always allowed",
    "unlock/": "whose session is locked gives the password here",
    "language/": "the sign-in page speaks two languages",
    "desk/styleguide/": "sample data only, and only in a DEBUG process",
}


def methods(pattern: URLPattern) -> set[str]:
    """The methods an endpoint of the API answers, as REST framework sees them."""
    view = pattern.callback.cls()  # type: ignore[attr-defined]  # an endpoint
    return {name for name in view.allowed_methods if name not in ("OPTIONS", "HEAD")}


def test_every_address_declares_its_policy():
    """In its urls.py: `guarded(view, "right")`, `guarded_by(…)`, `personal(view)` or `public(view)` of kernel.access;
    an endpoint of the API: `policies = {"GET": callers("right")}` of masterdata.api_access."""
    missing = [path for path, pattern in addresses() if not policies(pattern)]

    assert missing == []


def test_every_endpoint_of_the_api_stands_behind_the_gate_with_all_its_methods():
    wrong = []
    for path, pattern in addresses():
        cls = getattr(pattern.callback, "cls", None)
        if cls is None or policy_of(pattern.callback) is not None:
            continue
        if DeclaredPolicy not in cls.permission_classes or methods(pattern) - set(cls.policies):
            wrong.append(path)

    assert wrong == []


def test_only_the_known_addresses_are_public():
    found = {
        path
        for path, pattern in addresses()
        if any(one.audience is Audience.PUBLIC for one in policies(pattern))
    }

    assert found == set(PUBLIC)


def test_every_address_has_its_duties_written_down():
    """In tests/access/duties.py, from what the customer's people do and not from the code: `MAY["app:name"] = duties`, for
    endpoints of the API `"api:name METHOD"` there and, where systems call, in `SYSTEMS`."""
    missing = [key for door in doors() for key in door.keys if not is_listed(key)]

    assert missing == []


def test_every_part_of_an_address_stands_for_an_object():
    """In tests/access/objects.py: `OBJECTS["app:part"]` (or `ELSEWHERE["app:name"]`) names real objects that
    tests/access/world.py lays down; `absent` until somebody does; words that choose an act stand in `WORDS`."""
    missing = [
        f"{door.name} {part}"
        for door in doors()
        for part in door.parts
        if not {door.table_of(part), door.name} & {*OBJECTS, *WORDS, *ELSEWHERE}
    ]

    assert missing == []


def test_every_right_an_address_asks_for_is_held_by_some_duty_or_may_be_a_systems():
    held = SYSTEM_RIGHTS.union(*RIGHTS.values())
    asked = {
        right
        for _, pattern in addresses()
        for policy in policies(pattern)
        for right in [*policy.rights, *(r for rights in policy.acts.values() for r in rights)]
    }

    assert asked - held == set()


def test_an_address_without_a_policy_is_refused_at_run_time():
    middleware = ScopeMiddleware(lambda request: None)  # type: ignore[arg-type,return-value]  # never called
    request = RequestFactory().get("/api/new")

    answer = middleware.process_view(request, lambda request: None, (), {})  # type: ignore[arg-type,return-value]  # a view

    assert answer is not None
    assert answer.status_code == 403


@pytest.mark.parametrize("name", ["check", "release"])
def test_an_address_of_many_acts_asks_for_each_acts_own_right(name):
    (policy,) = (
        policy_of(pattern.callback)
        for path, pattern in addresses()
        if path == "payments/bulk/<slug:name>/"
    )
    scope = Scope(1, "x", frozenset({1}), {f"payments.{name}": frozenset({1})})

    policy.demand(scope, {"name": name})
    with pytest.raises(Exception, match="没有执行此操作的权限"):
        policy.demand(scope, {"name": "lift"})
    with pytest.raises(Exception, match="未找到"):
        policy.demand(scope, {"name": "nonsense"})
