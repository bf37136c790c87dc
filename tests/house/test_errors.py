"""Domain errors become the one response of their kind; sessions end at their limits."""

from __future__ import annotations

import json

import pytest
from django.http import HttpResponse
from django.utils import translation
from rest_framework import exceptions

from desk.words import said
from kernel.errors import Conflict, InvalidInput, InvariantBroken, NotAllowed, NotFound
from yqlink.errors import DomainErrorMiddleware, api_exception_handler
from yqlink.scope import is_idle, is_too_old

FIELDS = {"code", "field", "row", "message_zh", "message_en"}


class TestDomainErrorMiddleware:
    def answer(self, rf, error):
        return DomainErrorMiddleware(lambda request: HttpResponse()).process_exception(
            rf.get("/api/v1/x"), error
        )

    @pytest.mark.parametrize(
        ("error", "status"),
        [
            (InvalidInput("错"), 422),
            (NotAllowed("错"), 403),
            (NotFound("order"), 404),
            (Conflict("错"), 409),
        ],
    )
    def test_gives_programs_the_status_of_the_kind(self, rf, error, status):
        response = self.answer(rf, error)

        assert response.status_code == status
        assert set(json.loads(response.content)) == FIELDS

    def test_lets_a_bug_pass_by(self, rf):
        assert self.answer(rf, InvariantBroken("a bug")) is None


class TestApiExceptionHandler:
    def test_names_the_field_in_fault(self):
        response = api_exception_handler(
            exceptions.ValidationError({"payee": {"account": ["bad"]}}), {}
        )

        assert (response.status_code, response.data["field"]) == (422, "payee.account")

    def test_every_refusal_has_the_same_body(self):
        response = api_exception_handler(exceptions.PermissionDenied(), {})

        assert response.status_code == 403
        assert set(response.data) == FIELDS


class TestLimits:
    def test_a_person_at_the_desk_stays(self, settings):
        assert not is_idle(seen_at=settings.SESSION_IDLE_S, now=settings.SESSION_IDLE_S + 1)

    def test_an_idle_session_is_locked(self, settings):
        assert is_idle(seen_at=0, now=settings.SESSION_IDLE_S + 1)

    def test_the_busiest_session_ends_too(self, settings):
        assert is_too_old(signed_in_at=0, now=settings.SESSION_COOKIE_AGE + 1)


class TestSaid:
    @pytest.mark.parametrize(("language", "words"), [("zh-hans", "余额不足"), ("en", "too little")])
    def test_speaks_the_viewers_language(self, language, words):
        with translation.override(language):
            assert said(Conflict("余额不足", "too little")) == words
