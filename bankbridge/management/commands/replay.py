"""`manage.py replay --since 2026-11-01`: the banks' stored answers through the present code; every difference is listed.

Exit code 0: all is read as it was; 1: something is read differently; 2: the command was given nonsense. Runs in the
environment of a bank's worker, whose keys open the evidence, and changes nothing.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bankadapters import registry
from bankbridge.services import replay
from kernel import vault
from kernel.errors import DomainError


class Command(BaseCommand):
    """Read the stored answers again."""

    help = "Read the banks' stored answers with the present code and list every difference"

    def add_arguments(self, parser: CommandParser) -> None:
        """Days and bank."""
        parser.add_argument("--since", required=True, metavar="YYYY-MM-DD")
        parser.add_argument("--until", default="", metavar="YYYY-MM-DD", help="the last day")
        parser.add_argument("--bank", default="", choices=["", *registry.slugs()])

    def handle(self, *args: object, **options: Any) -> None:
        """List the differences and count."""
        since = _day(options["since"])
        until = _day(options["until"]) if options["until"] else None
        if not vault.can_open():
            raise CommandError(
                "SEAL_PRIVATE_KEYS is not set: run it where a bank's worker runs", returncode=2
            )
        tally = replay.Tally()
        try:
            found = replay.replay(
                since=since,
                until=until,
                bank=options["bank"],
                tally=tally,
            )
            for one in found:
                self._tell(one)
        except DomainError as error:
            raise CommandError(error.message, returncode=2) from error
        bare = replay.count_bare(since=since, until=until, bank=options["bank"])
        self.stdout.write(
            f"{tally.read} answers read again, {tally.different} differently; {bare} exchanges without a reading"
        )
        if tally.different:
            raise SystemExit(1)

    def _tell(self, one: replay.Finding) -> None:
        self.stdout.write(f"{one.at:%Y-%m-%d %H:%M:%S} {one.connection} {one.ability} {one.key}")
        for what in one.differences:
            state = one.states.get(what.of, "")
            stands = f"   (stands: {state})" if state else ""
            self.stdout.write(f"  {what.of}: {what.then}  →  {what.now}{stands}")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{text!r} is no day like 2026-11-01", returncode=2) from None
