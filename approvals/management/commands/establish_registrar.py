"""`manage.py establish_registrar USERNAME`: a security administrator's key that may vouch for the keys of others."""

from __future__ import annotations

import getpass
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from approvals.signing import keys
from kernel.secrets import Secret
from masterdata import selectors as masterdata


class Command(BaseCommand):
    """Make the key and pin its fingerprint in REGISTRARS_FILE."""

    help = "为安全管理员生成登记人密钥，并把指纹写入 REGISTRARS_FILE；口令由终端或标准输入给出"

    def add_arguments(self, parser: CommandParser) -> None:
        """The person."""
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask for the passphrase twice, or read it from standard input."""
        user = masterdata.user_by_username(options["username"])
        if user is None:
            raise CommandError(f"没有登录名为 {options['username']} 的用户")
        if not masterdata.scope_of(user).has(keys.CONFIRM_RIGHT):
            raise CommandError("登记人须为安全管理员")
        if sys.stdin.isatty():
            typed = getpass.getpass("签名口令：")
            if typed != getpass.getpass("再次输入："):
                raise CommandError("两次输入不一致")
        else:
            typed = sys.stdin.readline().rstrip("\n")
        with transaction.atomic():
            key = keys.establish(user=user, passphrase=keys.checked(Secret(typed), user))
        self.stdout.write(f"{key.fingerprint} {user.username}\n已写入 {settings.REGISTRARS_FILE}")
