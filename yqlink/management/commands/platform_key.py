"""`manage.py platform_key`: the fingerprint of the platform's own key, to be noted outside the platform."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from kernel import signatures, vault


class Command(BaseCommand):
    """Print it."""

    help = "打印平台密钥指纹（签署证据包与锚），请在平台之外留存；须在银行工作进程的环境中执行"

    def handle(self, *args: Any, **options: Any) -> None:
        """One line."""
        try:
            point, _ = vault.sign_as_platform(b"yqlink.fingerprint.v1")
        except vault.KeysAbsent as error:
            raise CommandError(str(error)) from None
        self.stdout.write(signatures.fingerprint(signatures.Algorithm.ECDSA, point))
