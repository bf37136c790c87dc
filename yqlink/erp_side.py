"""The finance systems of a demo or walkthrough as children of a `Platform`: the program over one style, and the U8's tool."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from yqlink.processes import Child, free_port, wait_for_port
from yqlink.supervisor import Platform

TCP_PORT = 8600  # wished for
_READY_S = 60.0
# A stranger's program: it gets none of the platform's variables, keys or addresses.
_ITS_ENV = ("PATH", "PYTHONPATH", "PYTHONUNBUFFERED")


def start(
    platform: Platform,
    style: str,
    profile: str,
    *,
    documents: Path | None = None,
    arguments: Sequence[str] = (),
) -> Child:
    """A finance system over one style: both ends laid down, the TCP server where it is wanted, and the program itself."""
    port = free_port(TCP_PORT) if style == "tcp" else 0
    home = platform.demo_folder / "erp"
    platform.run_once(
        "seed_erp", "django", "seed_erp", "--style", style, "--profile", profile,
        "--folder", str(platform.demo_folder), "--web-url", platform.web_url, "--tcp-port", str(port),
    )  # fmt: skip
    if style == "tcp":
        start_tcp_server(platform, port)
    argv = [sys.executable, "-m", "erpbridge.simulator", "--style", style, "--profile", profile]
    argv += ["--connection", str(home / "connection.json"), "--data", str(home / "books")]
    argv += ["--documents", str(documents)] if documents else []
    argv += ["--clock-file", str(platform.clock_file)] if platform.clock_file else []
    env = {name: platform.env[name] for name in _ITS_ENV if name in platform.env}
    return platform.spawn("erp", [*argv, *arguments], env=env)


def start_tcp_server(platform: Platform, port: int) -> Child:
    """The server finance systems call over TCP, under TLS with the demo's certificates."""
    tls = platform.demo_folder / "erp" / "tls"
    child = platform.spawn(
        "erp_tcp",
        [sys.executable, "-m", "django", "erp_tcp", "--port", str(port), "--cert", str(tls / "platform.pem"),
         "--key", str(tls / "platform.key"), "--ca", str(tls / "authority.pem")],
    )  # fmt: skip
    wait_for_port(child, port, _READY_S)
    return child


def start_u8_tool(platform: Platform) -> Child:
    """The import tool of the demo's U8: takes voucher files and writes their results."""
    root = platform.demo_folder / "u8"
    return platform.spawn(
        "u8", [sys.executable, "-m", "erpbridge.simulator.u8_tool", "--root", str(root), "--watch"]
    )
