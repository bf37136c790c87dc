"""联调测试: one command plays the scenarios over real sockets and leaves a report both sides can check."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from kernel import signatures, vault

GROUP = "Accounts"


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("joint_test", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("joint") / "boc.md"
    run("--bank", "boc", "--only", GROUP, "--report", str(path), "--tester", "王工")
    return path


class TestJointTest:
    def test_one_command_writes_a_signed_report_of_every_scenario(self, report):
        text = report.read_text("utf-8")

        assert "中国银行银企直联联调测试报告" in text
        assert "结论 Verdict：通过" in text
        assert "王工" in text
        assert "a balance is told" in text
        assert "待银行确认" in text
        point, _ = vault.sign_as_platform(b"x")
        key = signatures.fingerprint(signatures.Algorithm.ECDSA, point)
        assert key in run("--verify", str(report))

    @pytest.mark.parametrize("place", [0.1, 0.5, 0.9])
    def test_no_altered_report_holds(self, report, tmp_path, place):
        altered, kept = tmp_path / "boc.md", report.with_name("boc.md.sig.json")
        text = report.read_text("utf-8")
        at = int(len(text) * place)
        altered.write_text(
            text[:at] + ("甲" if text[at] != "甲" else "乙") + text[at + 1 :], "utf-8"
        )
        altered.with_name("boc.md.sig.json").write_bytes(kept.read_bytes())

        with pytest.raises(CommandError, match="报告被改动过"):
            run("--verify", str(altered))

    def test_no_altered_figure_of_the_signature_holds(self, report, tmp_path):
        copy, kept = tmp_path / "boc.md", report.with_name("boc.md.sig.json")
        copy.write_bytes(report.read_bytes())
        copy.with_name("boc.md.sig.json").write_text(
            kept.read_text("utf-8").replace('"failed": 0', '"failed": 1'), "utf-8"
        )

        with pytest.raises(CommandError, match="签名无效"):
            run("--verify", str(copy))

    def test_a_process_without_the_platforms_key_writes_none(self, tmp_path, monkeypatch):
        monkeypatch.delenv("SEAL_PRIVATE_KEYS")

        with pytest.raises(CommandError, match="没有平台签名密钥"):
            run("--bank", "boc", "--report", str(tmp_path / "boc.md"))
        assert list(tmp_path.iterdir()) == []
