"""The code generator a demo person carries: RFC 6238 codes from the secret in logins.json, none of them given twice."""

from __future__ import annotations

import base64
import time

from django_otp.oath import hotp

STEP_S = 30


class Phone:
    """Gives a fresh code at each call, up to one step ahead of time (the platform tolerates one), then waits for the next."""

    def __init__(self, secret: str) -> None:
        self._key = base64.b32decode(secret)
        self._given = 0

    def code(self) -> str:
        """Six digits the platform has not seen from this phone."""
        step = max(int(time.time()) // STEP_S, self._given + 1)
        while step > int(time.time()) // STEP_S + 1:
            time.sleep(0.5)
        self._given = step
        return f"{hotp(self._key, step):06d}"


def code_now(secret: str) -> tuple[str, int]:
    """The code of this moment and how many seconds it still shows."""
    now = time.time()
    code = f"{hotp(base64.b32decode(secret), int(now) // STEP_S):06d}"
    return code, STEP_S - int(now) % STEP_S
