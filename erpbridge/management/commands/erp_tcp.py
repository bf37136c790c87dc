"""`manage.py erp_tcp`: the server finance systems call over TCP (style 4)."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from erpbridge.tcp_server import CONNECTIONS_EACH, Server, server_context


class Command(BaseCommand):
    """Serves until it is told to stop."""

    help = "Serves finance systems over TCP; TLS on both sides unless --plain says otherwise."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to listen, and whose certificates."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8600)
        parser.add_argument("--cert", type=Path)
        parser.add_argument("--key", type=Path)
        parser.add_argument(
            "--ca", type=Path, help="authority of the finance systems' certificates"
        )
        parser.add_argument(
            "--each", type=int, default=CONNECTIONS_EACH, help="connections of one address at once"
        )
        parser.add_argument("--plain", action="store_true", help="no TLS: inside one machine only")

    def handle(self, *_: Any, **options: Any) -> None:
        """Listen, and stop in order on SIGTERM or SIGINT."""
        context = None
        if options["plain"]:
            if options["host"] not in ("127.0.0.1", "::1", "localhost"):
                raise CommandError("--plain is for addresses of this machine only")
        else:
            if not (options["cert"] and options["key"] and options["ca"]):
                raise CommandError("--cert, --key and --ca are wanted, or --plain")
            context = server_context(
                certificate=options["cert"], private=options["key"], authority=options["ca"]
            )
        with Server(
            (options["host"], options["port"]), context=context, each=options["each"]
        ) as server:
            for name in (signal.SIGTERM, signal.SIGINT):
                signal.signal(name, lambda *_: threading.Thread(target=server.shutdown).start())
            self.stdout.write(f"erp_tcp on {options['host']}:{server.server_address[1]}")
            server.serve_forever(poll_interval=0.2)
