"""`manage.py rotate_keys`: close everything stored anew with the newest keys; may be stopped and run again."""

from __future__ import annotations

import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from approvals.signing import platform
from audit import services as audit
from kernel import vault
from masterdata import selectors as masterdata
from yqlink import rekeying


class Command(BaseCommand):
    """Rotate keys, saying how far it is."""

    help = "用最新的密钥重新加密全部密文（可中断、可重复执行）；支付指令与银行凭据须在银行工作进程的环境中执行"

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line for every column; raise CommandError when a text could not be opened."""
        found = list(rekeying.rotate(self._say))
        for one in found:
            note = one.skipped or (f"{one.unreadable} unreadable" if one.unreadable else "")
            self.stdout.write(f"{one.name:<48}{one.done:>8}  {note}")
        self._vouch()
        told = {one.name: one.done for one in found if one.done}
        if told:
            with transaction.atomic():
                audit.record(
                    "masterdata.keys.rotated",
                    actor=f"控制台 {getpass.getuser()}",
                    subject=masterdata.outbound_gate(),
                    after=told,
                )
        if unreadable := sum(one.unreadable for one in found):
            raise CommandError(f"{unreadable} 条密文无法解开：其密钥已不在环境中，或内容被改动")

    def _vouch(self) -> None:
        """What the platform signed with its earlier keys stays its word once they are gone."""
        if not vault.can_open():
            return
        with transaction.atomic():
            done = platform.vouch(
                actor=f"控制台 {getpass.getuser()}", subject=masterdata.outbound_gate()
            )
        self.stdout.write(f"{'kernel.vault.platform_keys':<48}{done:>8}")

    def _say(self, name: str, done: int, total: int) -> None:
        self.stdout.write(f"  {name}  {done}/{total}")
