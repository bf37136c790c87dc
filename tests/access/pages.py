"""What no page of the house may hold, whatever the world said: markup of strangers, scripts and styles of its own."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

HOSTILE = "<img src=x onerror=alert(1)>\"'><script>alert(1)</script>"  # as a bank, a supplier or a file may be called
_POLICY = (
    "script-src 'self'",
    "style-src 'self'",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
)


class _Reader(HTMLParser):
    """Reads a page as a browser does and notes what it may not hold."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One element."""
        told = dict(attrs)
        if tag == "style" or (
            tag == "script" and "src" not in told and told.get("type") != "application/json"
        ):
            self.faults.append(f"inline {tag}")
        if told.get("src") == "x":
            self.faults.append("strangers' markup")
        for name, value in attrs:
            if name.startswith("on") or name == "style":
                self.faults.append(f"{name} on {tag}")
            if (value or "").strip().lower().startswith("javascript:"):
                self.faults.append(f"javascript in {name} of {tag}")


def faults_of(answer: Any) -> list[str]:
    """What is wrong with an answer as a browser would meet it."""
    policy = answer.headers.get("Content-Security-Policy", "")
    faults = [f"the policy lacks {part}" for part in _POLICY if part not in policy]
    faults += ["unsafe in the policy"] if "unsafe" in policy else []
    if answer.headers.get("X-Content-Type-Options") != "nosniff":
        faults.append("kinds are guessed")
    if answer.streaming or "html" not in answer.headers.get("Content-Type", ""):
        return faults
    reader = _Reader()
    reader.feed(answer.content.decode())
    return faults + reader.faults
