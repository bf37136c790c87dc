"""A real browser for pages: the system's chromium, driven by Playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from django.db import connections
from playwright.sync_api import Playwright, sync_playwright

SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=zh-CN",
]


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """The driver. Its event loop makes Django keep other connections from here on: those of before are closed, not forgotten."""
    connections.close_all()
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, object]:
    """Launch the system's chromium; without one these tests are skipped on a person's machine and fail where CI is set."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("chromium is missing: apt-get install chromium fonts-noto-cjk")
        pytest.skip("chromium is missing")
    return {"executable_path": found, "args": SWITCHES}


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, object]:
    """Chinese, on an office screen."""
    return {"locale": "zh-CN", "viewport": {"width": 1366, "height": 768}}


@pytest.fixture
def site(live_server, settings) -> str:
    """Address of the running site, with the pages only a DEBUG process shows."""
    settings.DEBUG = True
    return live_server.url
