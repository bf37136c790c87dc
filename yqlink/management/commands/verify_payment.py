"""`manage.py verify_payment ID [--bundle out.zip]`: gather the evidence of one payment and check it as anybody would."""

from __future__ import annotations

import getpass
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from audit import services as audit
from bankbridge.services.dossier import Mode
from kernel import vault
from kernel.errors import DomainError
from masterdata import selectors as masterdata
from payments import dossier
from yqlink.evidence.gather import STANDALONE, Wish, bundle


class Command(BaseCommand):
    """Make the bundle, and run the stand-alone verifier on it."""

    help = "出具一笔付款的证据包，并以包内的独立脚本校验；须在银行工作进程的环境中执行"

    def add_arguments(self, parser: CommandParser) -> None:
        """Which payment, where to, and how much of the wire."""
        parser.add_argument("payment", help="付款单号或指令流水号")
        parser.add_argument("--bundle", type=Path)
        parser.add_argument("--wire", choices=[str(mode) for mode in Mode], default="redacted")
        parser.add_argument("--passphrase-file", type=Path, help="--wire encrypted 所用口令")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what the verifier says; raise CommandError when the evidence does not hold."""
        passphrase = ""
        if options["passphrase_file"]:
            passphrase = options["passphrase_file"].read_text("utf-8").strip()
        mode = Mode(options["wire"])
        if mode == Mode.ENCRYPTED and len(passphrase) < 12:
            raise CommandError("--wire encrypted 需要 --passphrase-file，口令至少 12 个字符")
        scope = masterdata.system_scope()
        who = f"控制台 {getpass.getuser()}"
        try:
            order = dossier.order_named(options["payment"], scope=scope)
            data = bundle(order, scope=scope, wish=Wish(mode, passphrase), by=who)
        except (DomainError, vault.KeysAbsent) as error:
            raise CommandError(str(error)) from None
        with transaction.atomic():
            audit.record(
                "payments.order.evidence_exported",
                actor=who,
                subject=order,
                after={"wire": str(mode)},
            )
        with tempfile.TemporaryDirectory() as folder:
            path = options["bundle"] or Path(folder) / "bundle.zip"
            path.write_bytes(data)
            self._check(path)

    def _check(self, path: Path) -> None:
        command = [sys.executable, str(STANDALONE / "verify.py"), str(path)]
        command += ["--registrars", str(settings.REGISTRARS_FILE)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        self.stdout.write(done.stdout.strip() or done.stderr.strip())
        if done.returncode:
            raise CommandError("证据不成立")
