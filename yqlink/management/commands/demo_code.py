"""`manage.py demo_code [USERNAME]`: the code a demo person's phone shows now. Refused anywhere but in the demo."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from yqlink.codes import code_now


class Command(BaseCommand):
    """Print codes from the secrets that `seed_demo` left in logins.json."""

    help = "The six digits a demo person's code generator shows now (all people when none is named)"

    def add_arguments(self, parser: CommandParser) -> None:
        """The person, and whether the secret for a phone of one's own is wanted."""
        parser.add_argument("username", nargs="?", default="")
        parser.add_argument(
            "--uri", action="store_true", help="the address for an authenticator app instead"
        )

    def handle(self, *args: object, **options: Any) -> None:
        """Print one line a person."""
        if settings.CHANNEL != "simulator" or not settings.IS_DEMO:
            raise CommandError(
                "demo_code exists in the demo only: a real second factor stays with its owner"
            )
        folder = Path(os.environ.get("YQLINK_DEMO_DIR", str(settings.HOME / "demo")))
        try:
            kept = json.loads((folder / "logins.json").read_text("utf-8"))
        except FileNotFoundError:
            raise CommandError(
                f"no demo was laid down in {folder}: run `make demo` first"
            ) from None
        wanted = options["username"]
        people = [one for one in kept["users"] if wanted in ("", one["username"])]
        if not people:
            raise CommandError(f"the demo has nobody called {wanted}")
        for one in people:
            if options["uri"]:
                self.stdout.write(
                    f"otpauth://totp/YQLink:{one['username']}?secret={one['totp_secret']}&issuer=YQLink"
                )
                continue
            code, left_s = code_now(one["totp_secret"])
            self.stdout.write(f"{one['username']:<14}{code}   {left_s} s")
