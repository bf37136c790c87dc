"""`make screenshots`: a payment list goes through the platform, and the pages it passes are photographed for the README.

Everything runs in a temporary home on free ports, like the walkthrough. `--keep FOLDER` writes elsewhere than docs/pictures.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, time
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from kernel import clock
from tests.browser.conftest import SWITCHES
from yqlink.supervisor import ROOT, Platform
from yqlink.walkers import Person
from yqlink.walkthrough import Job, read_days

SAMPLE = ROOT / "tests" / "samples" / "payments_250" / "payments.xlsx"
PICTURES = ROOT / "docs" / "pictures"
SIZE_MAX = 180_000  # bytes a picture; all of them stay below 1.5 MB
COLOURS = 128
WIDTH, HEIGHT = 1440, 900


def pack(picture: Path) -> int:
    """Write a picture anew with a palette; its size in bytes. Screens are flat areas and letters: nobody sees the difference."""
    with Image.open(picture) as shown:
        shown.convert("RGB").quantize(COLOURS).save(picture, optimize=True)
    return picture.stat().st_size


class Camera:
    """Takes pictures of pages as one person after another."""

    def __init__(self, browser: Browser, platform: Platform, folder: Path, job: Job) -> None:
        self.browser, self.platform, self.folder, self.job = browser, platform, folder, job
        self.logins = {one["username"]: one for one in platform.logins()}
        self.pages: dict[str, Page] = {}

    def page(self, username: str) -> Page:
        """A browser window in which this person is signed in."""
        if username not in self.pages:
            context = self.browser.new_context(
                locale="zh-CN", viewport={"width": WIDTH, "height": HEIGHT}
            )
            url = self.platform.web_url
            kept = self._person(username).http.cookies
            context.add_cookies([{"name": n, "value": v, "url": url} for n, v in kept.items()])
            self.pages[username] = context.new_page()
            self.pages[username].goto(
                url
            )  # what the job's acts left to be told is told here, not in the picture
        return self.pages[username]

    def _person(self, username: str) -> Person:
        """Who is signed in already keeps that session: a second one would end it."""
        if username in self.job.people:
            return self.job.people[username]
        login = self.logins[username]
        return Person(self.platform.web_url, username, login["password"], login["totp_secret"])

    def take(
        self,
        name: str,
        username: str,
        path: str,
        *,
        before: Callable[[Page], Any] = lambda page: None,
    ) -> None:
        """One picture; `before` may open a dialog or scroll."""
        page = self.page(username)
        answer = page.goto(f"{self.platform.web_url}{path}")
        if answer is None or answer.status != 200:
            raise SystemExit(f"{name}: {path} answered {answer and answer.status}")
        before(page)
        page.wait_for_load_state("networkidle")
        target = self.folder / f"{name}.png"
        for height in (HEIGHT, 760, 640):
            page.screenshot(
                path=target,
                animations="disabled",
                clip={"x": 0, "y": 0, "width": WIDTH, "height": height},
            )
            size = pack(target)
            if size <= SIZE_MAX:
                break
        print(f"  {target.name:<16}{size / 1000:7.0f} kB", flush=True)
        if size > SIZE_MAX:
            raise SystemExit(f"{name}: {size} bytes are more than {SIZE_MAX}")


@contextmanager
def running(home: Path) -> Iterator[tuple[Platform, Job]]:
    """The platform with the walkthrough's job on the sample list."""
    clock_file = home / "clock"
    begin = datetime.combine(max(read_days(SAMPLE)), time(9, 30), clock.SHANGHAI)
    clock.set_offset(clock_file, begin)
    platform = Platform(
        home,
        clock_file=clock_file,
        ports={"web": 0, "simulator": 0},
        say=lambda line: print(line, flush=True),
    )
    try:
        platform.start()
        yield platform, Job(platform, SAMPLE, clock_file, begin)
    finally:
        platform.stop()


def photograph(camera: Camera, job: Job) -> None:
    """The job from upload to books, with a picture at each station."""
    maker = job.people["maker1"]
    where = maker.post(
        "/payments/import/", files={"file": (SAMPLE.name, SAMPLE.read_bytes())}
    ).headers["location"]
    camera.take("import", "maker1", where)
    shown = maker.get(where)
    job.import_id = int(shown["id"])
    maker.post(f"{where}confirm/", version=shown["version"], token=shown["token"])
    job.confirm_payees()
    job.fetch_balances()
    job.call_payees_back()
    job.lift_holds()
    job._try("check", "checker1", "pending_check")
    job._try("approve", "approver1", "pending_approval")
    job._try("approve", "approver2", "pending_approval")
    ready = [order for order in job.state()["orders"] if order["state"] == "pending_release"]
    camera.take(
        "release",
        "releaser1",
        f"/payments/orders/{ready[0]['order_no']}/",
        before=lambda page: (
            page.get_by_role("link", name="授权付款")
            .or_(page.get_by_role("button", name="授权付款"))
            .first.click()
        ),
    )
    job.decide()
    job.wait_for_ends()
    job.books()
    done = [order for order in job.state()["orders"] if order["state"] == "succeeded"]
    camera.take("workspace", "treasurer1", "/")
    camera.take("order", "treasurer1", f"/payments/orders/{done[0]['order_no']}/")
    camera.take("batches", "treasurer1", "/payments/batches/")
    camera.take("balances", "treasurer1", "/statements/balances/")
    camera.take("entries", "treasurer1", "/statements/entries/")
    camera.take("audit", "auditor1", "/audit/")


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, default=PICTURES)
    folder = parser.parse_args().keep
    folder.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        print("chromium is missing: apt-get install chromium fonts-noto-cjk", file=sys.stderr)
        return 2
    home = Path(tempfile.mkdtemp(prefix="yqlink-pictures-"))
    home.chmod(0o755)  # the embedded database may run as another user
    try:
        with running(home) as (platform, job), sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=chromium, args=SWITCHES)
            photograph(Camera(browser, platform, folder, job), job)
            browser.close()
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
