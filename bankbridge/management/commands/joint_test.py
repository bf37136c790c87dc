"""`manage.py joint_test --bank NAME --report FILE.md`: plays the joint tests and writes the signed report; or verifies one."""

from __future__ import annotations

import getpass
import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bankadapters import registry
from bankadapters.conformance.bench import bank_bench
from bankadapters.conformance.command import chosen
from bankadapters.conformance.running import play_at_bank, play_simulated
from bankadapters.conformance.scenario import Result
from bankbridge import joint_tests
from kernel import clock, vault


class Command(BaseCommand):
    """One command from the first message to the signed report."""

    help = "银企联调测试：对模拟银行或银行测试前置机逐项测试，写出经平台签名的报告；--verify 校验一份报告。须在银行工作进程的环境中执行"

    def add_arguments(self, parser: CommandParser) -> None:
        """Which bank, where, and where to write; or which report to verify."""
        parser.add_argument("--bank", choices=registry.slugs(), metavar="NAME")
        parser.add_argument("--report", type=Path, metavar="FILE.md")
        parser.add_argument("--connection", type=Path, metavar="FILE", help="银行测试前置机的连接：endpoints、parameters、secrets、accounts")  # fmt: skip
        parser.add_argument("--url", default="", help="银行测试前置机地址")
        parser.add_argument(
            "--only", default="", metavar="TEXT", help="只测名称或分组含此文字的场景"
        )
        parser.add_argument("--tester", default="", help="测试人，默认为当前系统用户")
        parser.add_argument("--verify", type=Path, metavar="FILE.md")

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit 0 with every scenario passed or out of the bank's range, and the report signed."""
        if options["verify"] is not None:
            self._verify(options["verify"])
            return
        if not options["bank"] or options["report"] is None:
            raise CommandError("须指明 --bank 与 --report")
        if not vault.can_open():
            raise CommandError("此进程没有平台签名密钥，请在银行工作进程的环境中执行")
        began = clock.now()
        try:
            results, where = self._played(options)
        except (ValueError, OSError, RuntimeError) as error:
            raise CommandError(str(error)) from None
        tester = options["tester"] or getpass.getuser()
        setting = joint_tests.Setting(where, began, clock.now(), tester)
        text = joint_tests.report(results, setting)
        path: Path = options["report"]
        path.write_text(text, "utf-8")
        _signature_of(path).write_text(joint_tests.signed(text, results, setting), "utf-8")
        told = joint_tests.counts(results)
        self.stdout.write("，".join(f"{name} {many}" for name, many in told.items()))
        self.stdout.write(f"{path} · {_signature_of(path).name}")
        if told["failed"]:
            raise CommandError(f"有 {told['failed']} 个场景不通过")

    def _played(self, options: dict[str, Any]) -> tuple[list[Result], str]:
        slug, scenarios = options["bank"], chosen(options["only"])
        if options["url"] or options["connection"]:
            kept = options["connection"]
            described = json.loads(kept.read_text("utf-8")) if kept else {}
            bench = bank_bench(slug, described, options["url"])
            results = play_at_bank(bench, scenarios, tell=self._tell)
            return results, f"银行测试前置机 {bench.connection.endpoints.get('main', '')}"
        results = play_simulated([slug], scenarios, tell=self._tell)
        results.sort(key=lambda one: scenarios.index(one.scenario))
        return results, "模拟银行 simulator"

    def _tell(self, result: Result) -> None:
        self.stdout.write(f"{result.verdict.value:<8}{result.scenario.name.replace('_', ' ')}")

    def _verify(self, path: Path) -> None:
        try:
            text, told = path.read_text("utf-8"), _signature_of(path).read_text("utf-8")
            key = joint_tests.verified(text, told)
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"报告未被改动，由平台密钥 {key} 签署")


def _signature_of(path: Path) -> Path:
    return path.with_name(path.name + ".sig.json")
