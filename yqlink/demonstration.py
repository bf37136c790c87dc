"""`make demo`: the platform with its demo group on this machine until Ctrl-C; its addresses and logins are printed."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from erpbridge.simulator.opening import STYLES
from yqlink import erp_side
from yqlink.processes import StartFailed
from yqlink.supervisor import ROOT, AlreadyRunning, Platform


class _StopAsked(BaseException):
    """Ctrl-C or SIGTERM arrived."""


def _ask_stop(number: int, frame: FrameType | None) -> None:
    for again in (signal.SIGINT, signal.SIGTERM):
        signal.signal(again, signal.SIG_IGN)
    raise _StopAsked


def _announce(platform: Platform) -> None:
    print(f"\n银企联平台 YQLink: {platform.web_url}\nAPI: {platform.web_url}/api/docs/")
    print()
    for login in platform.logins():
        who = f"{login['role_name']} {login['display_name']}（{login['company']}）"
        print(f"  {login['username']:<14}{login['password']:<20}{who}")
    kept = platform.home.resolve()
    code = ".venv/bin/python manage.py demo_code 用户名"
    if kept != ROOT / "var":
        code = f"YQLINK_HOME={kept} {code}"
    print(f"\n动态验证码（审批、授权等操作时输入）：{code}", flush=True)
    print(f"绑定自己的手机验证器：{code} --uri")
    print("签名口令（复核、审批、授权时输入）：演示账户与登录密码相同")
    print(f"\nCtrl-C 停止；数据保留在 {kept}，再次运行从上次继续。", flush=True)


def _start_erp(platform: Platform, style: str) -> None:
    """The demo's finance system; a database that lets us make neither roles nor databases does without it."""
    documents = platform.demo_folder / "documents.csv"
    try:
        erp_side.start(platform, style, "u8", documents=documents, arguments=("--every", "2"))
    except StartFailed as error:
        print(f"  no finance system over {style}: {error}", flush=True)


def _watch(platform: Platform) -> None:
    """Until a signal: a child that dies is started again and told of."""
    while True:
        time.sleep(0.5)
        for name in platform.dead():
            print(
                f"{name} ended, starting it again (log: {platform.children[name].log_path})",
                flush=True,
            )
            platform.restart(name)
            time.sleep(1)


def _banks(home: Path) -> str:
    """Every bank, in one world; a home that began with the Bank of China alone goes on with its books."""
    return (
        "boc" if (home / "sim" / "boc").is_dir() and not (home / "sim" / "all").is_dir() else "all"
    )


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument(
        "--style", choices=(*STYLES, "none"), default="table", help="of the finance system"
    )
    parser.add_argument(
        "--banks", choices=("boc", "all"), help="all, unless the home began with the Bank of China"
    )
    given = parser.parse_args()
    style = given.style
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _ask_stop)
    home = Path(os.environ.get("YQLINK_HOME", ROOT / "var"))
    clock_file = os.environ.get("CLOCK_FILE")
    began = time.monotonic()
    platform = Platform(
        home,
        clock_file=Path(clock_file) if clock_file else None,
        with_books=True,
        banks=given.banks or _banks(home),
        say=lambda line: print(line, flush=True),
        simulator_args=["--credits", str(home.resolve() / "demo" / "boc_credits.json")],
    )
    try:
        platform.start()
        erp_side.start_u8_tool(platform)
        if style != "none":
            _start_erp(platform, style)
        print(f"  {'ready':<42}{time.monotonic() - began:5.1f} s")
        _announce(platform)
        _watch(platform)
    except _StopAsked:
        print("\nstopping …", flush=True)
    except (StartFailed, AlreadyRunning) as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        began = time.monotonic()
        platform.stop()
    print(f"stopped in {time.monotonic() - began:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
