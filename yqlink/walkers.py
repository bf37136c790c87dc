"""Who walks through the job: demo users in browsers of their own, and the stopwatch of the report."""

from __future__ import annotations

import re
import time
from typing import Any

import httpx

from yqlink.codes import Phone

STEP_UP_AGAIN_S = 240.0  # a given code covers five minutes
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class Stuck(Exception):
    """The job could not be driven to its end; says where."""


class Stopwatch:
    """Seconds of each phase, for the report."""

    def __init__(self) -> None:
        self.laps: list[tuple[str, float]] = []
        self._last = time.monotonic()

    def lap(self, name: str) -> None:
        """The phase of this name ends now."""
        now = time.monotonic()
        self.laps.append((name, now - self._last))
        self._last = now


class Person:
    """A demo user in a browser of their own."""

    def __init__(self, base_url: str, username: str, password: str, secret: str) -> None:
        self.username, self._phone = username, Phone(secret)
        self._given_at: float | None = None
        self.passphrase = password  # the demo's signing keys are under its passwords
        self.http = httpx.Client(
            base_url=base_url, timeout=120, trust_env=False, follow_redirects=False
        )
        form = {
            "username": username,
            "password": password,
            "otp": self._phone.code(),
            "csrfmiddlewaretoken": self._token("/sign-in/"),
        }
        answer = self.http.post("/sign-in/", data=form, headers={"Referer": base_url})
        if answer.status_code != 302:
            raise Stuck(f"{username} cannot sign in: HTTP {answer.status_code}")
        self._csrf = self._token("/password/")

    def _token(self, page: str) -> str:
        found = _TOKEN.search(self.http.get(page).text)
        if found is None:
            raise Stuck(f"{page} carries no form token")
        return found[1]

    def factor(self) -> dict[str, str]:
        """The second factor for a form that wants it: a fresh code, or nothing while the last one still covers."""
        now = time.monotonic()
        if self._given_at is not None and now - self._given_at < STEP_UP_AGAIN_S:
            return {}
        self._given_at = now
        return {"otp": self._phone.code()}

    def get(self, path: str, **params: Any) -> Any:
        """JSON of a GET."""
        answer = self.http.get(path, params=params, headers={"Accept": "application/json"})
        if answer.status_code != 200:
            raise Stuck(
                f"{self.username}: GET {path}: HTTP {answer.status_code} {answer.text[:300]}"
            )
        return answer.json()

    def post(
        self, path: str, *, files: Any = None, accept: str = "application/json", **form: Any
    ) -> httpx.Response:
        """POST a form as this person; 2xx and redirects are fine, the rest is raised."""
        form["csrfmiddlewaretoken"] = self._csrf
        answer = self.http.post(
            path,
            data=form,
            files=files,
            headers={"Accept": accept, "Referer": str(self.http.base_url)},
        )
        if answer.status_code >= 400:
            raise Stuck(
                f"{self.username}: POST {path}: HTTP {answer.status_code} {answer.text[:300]}"
            )
        return answer
