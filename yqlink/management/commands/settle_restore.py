"""`manage.py settle_restore USERNAME --why TEXT`: a named person says that the database was restored, and what follows from it."""

from __future__ import annotations

import getpass
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from approvals.signing import keys
from audit import anchoring
from kernel.errors import DomainError
from kernel.orm import skip_ids
from kernel.secrets import Secret
from kernel.vault import KeysAbsent
from masterdata import selectors as masterdata
from payments.services import restoring


class Command(BaseCommand):
    """Close the gate under a new epoch, make unknown what may have been sent, and let the anchors go on from here."""

    help = "数据库从备份恢复之后：关闭出口、提高编号纪元、把可能已发送的付款列为结果未知；须在银行工作进程的环境中执行"

    def add_arguments(self, parser: CommandParser) -> None:
        """Who says so, and what happened."""
        parser.add_argument("username", help="资金主管的登录名，以其签名口令确认")
        parser.add_argument("--why", required=True, help="发生了什么，恢复到哪个备份")

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask for the passphrase of the person's signing key, or read it from standard input."""
        user = masterdata.user_by_username(options["username"])
        if user is None:
            raise CommandError(f"没有登录名为 {options['username']} 的用户")
        scope = masterdata.scope_of(user)
        if not all(scope.has(restoring.RIGHT, pk) for pk in masterdata.head_offices()):
            raise CommandError("须为集团资金主管")
        is_typed = sys.stdin.isatty()
        typed = getpass.getpass("签名口令：") if is_typed else sys.stdin.readline().rstrip("\n")
        try:
            keys.unlock(user=user, passphrase=Secret(typed))
            with transaction.atomic():
                known = max(masterdata.outbound_gate().epoch, anchoring.highest_epoch())
                skip_ids()
                count = restoring.lose_all(epoch=known + 1, by=user, why=options["why"])
                anchoring.go_on_after_restore(epoch=known + 1, by=user.username, why=options["why"])
        except (DomainError, KeysAbsent) as error:
            raise CommandError(str(error)) from None
        anchoring.file()
        self.stdout.write(
            f"出口已关闭，编号纪元 {known + 1}；{count} 笔付款列为结果未知，正在向银行查询。"
            "查清并取到各账户对账单之后，由资金主管在“出口”页申请、系统管理员复核后打开。"
        )
