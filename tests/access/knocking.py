"""Knocking at every address: what must come of it, by the table of duties, and what did."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.core.signals import got_request_exception
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import RequestFactory

from masterdata.selectors import scope_of
from tests.access.actors import Actor
from tests.access.doors import Door
from tests.access.duties import MAY, SYSTEMS
from tests.access.objects import BODIES, Address, Thing
from yqlink.scope import ScopeMiddleware

SIGN_IN, DENIED, ABSENT, PASSED = "asked to sign in", "denied", "absent", "passed"
# Past the gate, and nothing done: the address has no such method, the form says too little, the object is past the act.
NO_METHOD, INVALID, NOT_NOW = "no such method", "invalid", "not now"
# What goes along in front of every statement that writes (`audit.hand`).
_HAND = re.compile(r"^SET LOCAL yqlink\.hand = '[^']*'; ")
DENIALS = ("right_missing", "client_only", "not_allowed")


def at_the_gate(actor: Actor, door: Door, address: Address) -> str:
    """What has to come of it before anybody looks at the object."""
    key = door.key(address)
    if not actor.is_in:
        return SIGN_IN
    if actor.is_system:
        wanted = SYSTEMS.get(key)
        return PASSED if wanted is not None and wanted.right in actor.rights else DENIED
    if key in SYSTEMS and not SYSTEMS[key].people:
        return DENIED
    return PASSED if "" in MAY[key] or actor.has_any(MAY[key]) else DENIED


def expected(actor: Actor, door: Door, address: Address) -> set[str]:
    """What may come of it in the end: by the table of duties, and by where the object belongs."""
    gate = at_the_gate(actor, door, address)
    if gate == DENIED and (actor.is_system or door.key(address) in SYSTEMS):
        return {
            SIGN_IN,
            DENIED,
        }  # what knows keys only does not know a person at all, and the other way round
    if gate != PASSED:
        return {gate}
    if address.thing is None or not address.thing.is_somebodys:
        return {PASSED, NO_METHOD, INVALID}
    reach = _reach(actor, door.key(address), address.thing)
    if reach == PASSED:
        return {PASSED, NO_METHOD, INVALID, NOT_NOW}
    return {ABSENT, NO_METHOD} if reach == ABSENT else {ABSENT, DENIED, NO_METHOD, INVALID, NOT_NOW}


def _reach(actor: Actor, key: str, thing: Thing) -> str:
    """Whether an object is this person's to act on, in their sight only, or not there for them."""
    may, in_sight = MAY.get(key, frozenset()), thing.company in actor.companies
    if thing.is_absent:
        return ABSENT
    if thing.owner is not None:
        is_own = actor.user is not None and actor.user.pk == thing.owner
        return PASSED if is_own or actor.has_any(thing.also, thing.company) else ABSENT
    if not in_sight:
        return ABSENT
    is_open = actor.is_system or (thing.is_seen and "" in may) or actor.has_any(may, thing.company)
    return PASSED if is_open else DENIED


class Knocker:
    """Sends requests and takes back whatever they did: to the gate alone, or through the whole middleware to the view."""

    def __init__(self) -> None:
        self.factory = RequestFactory(headers={"accept": "application/json"})
        self.handler = BaseHandler()
        self.handler.load_middleware()
        self.gate = ScopeMiddleware(lambda request: HttpResponse())
        self.scopes: dict[str, Any] = {}
        self.errors: list[str] = []
        got_request_exception.connect(self._note_error)

    def _note_error(self, **_: object) -> None:
        self.errors.append(repr(sys.exc_info()[1]))

    def ask_gate(self, actor: Actor, door: Door, method: str, address: Address) -> str:
        """The verdict of the gate that every page stands behind, for this person's scope; no view is run."""
        if actor.name not in self.scopes:
            self.scopes[actor.name] = scope_of(actor.user)
        request: Any = self.factory.generic(method, "/")
        request.user, request.scope, request.resolver_match = (
            actor.user,
            self.scopes[actor.name],
            None,
        )
        answer = self.gate.process_view(request, door.pattern.callback, (), address.parts)
        return PASSED if answer is None else what(answer)

    def knock(
        self, actor: Actor, door: Door, method: str, path: str, *, as_page: bool = False
    ) -> tuple[str, HttpResponse, list[str]]:
        """What came of it, the answer, and which tables were written meanwhile (all of it is taken back)."""
        body, kind = BODIES.get(door.name, ""), "application/x-www-form-urlencoded"
        headers = {"authorization": actor.authorization} if actor.authorization else {}
        if as_page:
            headers["accept"] = "text/html"
        if door.is_api:
            body, kind, headers = "{}", "application/json", headers | {"idempotency-key": "k"}
        request = self.factory.generic(method, path, body, content_type=kind, headers=headers)
        if actor.cookie:
            request.COOKIES[settings.SESSION_COOKIE_NAME] = actor.cookie
        request._dont_enforce_csrf_checks = True
        with taken_back() as written:
            self.errors.clear()
            answer: Any = self.handler.get_response(request)
            if getattr(answer, "streaming", False):
                answer.close()
        return what(answer), answer, written


@contextmanager
def taken_back() -> Iterator[list[str]]:
    """The tables written meanwhile, sessions apart; afterwards everything is as it was."""
    written: list[str] = []

    def look(execute: Callable[..., Any], sql: Any, *rest: Any) -> Any:
        verb, _, after = _HAND.sub("", str(sql)).lstrip().partition(" ")
        if verb.upper() in ("INSERT", "UPDATE", "DELETE") and "django_session" not in after[:40]:
            written.append(after[:60])
        return execute(sql, *rest)

    savepoint = transaction.savepoint()
    with connection.execute_wrapper(look):
        yield written
    transaction.savepoint_rollback(savepoint)


def what(answer: Any) -> str:
    """The kind of an answer."""
    status, code = answer.status_code, _code(answer)
    if status == 401 or code == "not_authenticated":
        return SIGN_IN
    if status == 403 and code in DENIALS:
        return DENIED
    if status == 403 and code in ("not_offered", "not_the_maker"):
        return NOT_NOW
    if status >= 500:
        return "broken"
    return {404: ABSENT, 405: NO_METHOD, 409: INVALID, 422: INVALID}.get(status, PASSED)


def _code(answer: Any) -> str:
    try:
        return str(json.loads(answer.content).get("code", ""))
    except (ValueError, AttributeError):
        return ""


def fits(found: str, written: list[str], wanted: set[str]) -> bool:
    """Whether what came of it is what was to come; where nobody was to pass, nothing was written either."""
    return found in wanted and (PASSED in wanted or not written)
