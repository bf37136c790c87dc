"""A management command beside a running demo finds its database and its keys by itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from yqlink import beside
from yqlink.servers import Postgres, Valkey
from yqlink.supervisor import ROOT, demo_keys

GIVEN = ("DATABASE_URL", "REDIS_URL", "SEAL_KEY", "SEAL_PUBLIC_KEYS", "SEAL_PRIVATE_KEYS")


class TestEnvironment:
    def test_names_the_homes_servers_and_keys(self, tmp_path: Path, monkeypatch) -> None:
        for name in GIVEN:
            monkeypatch.delenv(name, raising=False)
        common, workers = demo_keys(tmp_path)

        env = beside.environment(tmp_path)

        assert env["DATABASE_URL"] == Postgres(tmp_path).url()
        assert env["REDIS_URL"] == Valkey(tmp_path, env).url
        assert env["SEAL_KEY"] == common["SEAL_KEY"]
        assert env["SEAL_PRIVATE_KEYS"] == workers["SEAL_PRIVATE_KEYS"]

    def test_what_is_given_goes_before(self, tmp_path: Path, monkeypatch) -> None:
        monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/other")
        demo_keys(tmp_path)

        assert beside.environment(tmp_path)["DATABASE_URL"] == "postgresql://elsewhere/other"

    def test_without_a_home_says_what_to_do(self, tmp_path: Path, monkeypatch, capsys) -> None:
        monkeypatch.setenv("YQLINK_HOME", str(tmp_path / "never"))

        assert beside.main(["verify_audit"]) == 2
        assert "make demo" in capsys.readouterr().err


@pytest.mark.django_db(transaction=True)
def test_the_chain_is_verified_from_a_plain_shell(tmp_path: Path) -> None:
    demo_keys(tmp_path)
    own = connection.settings_dict
    url = f"postgresql://postgres@/{own['NAME']}?host={own['HOST']}"
    if not own["HOST"].startswith("/"):
        pytest.skip("the server's address is somebody else's")

    done = subprocess.run(
        [sys.executable, "-m", "yqlink.beside", "verify_audit"],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": url, "YQLINK_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert (done.returncode, "完整" in done.stdout) == (0, True), done.stdout + done.stderr
