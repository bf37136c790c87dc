"""The embedded database and children survive what people and kernels do to them."""

from __future__ import annotations

import os
import signal
import sys
import time

import psutil
import pytest

from yqlink import preparation
from yqlink.processes import Child, free_port, is_port_free
from yqlink.servers import Postgres
from yqlink.supervisor import demo_keys


class TestPostgres:
    def test_a_committed_row_survives_the_killed_server(self, tmp_path_factory):
        server = Postgres(tmp_path_factory.mktemp("pg"))
        server.start()
        try:
            server._psql("yqlink", "CREATE TABLE kept (n int)")
            server._psql("yqlink", "INSERT INTO kept VALUES (7)")
            os.kill(int((server.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)

            server.start()

            assert server._psql("yqlink", "SELECT n FROM kept").stdout.strip() == b"7"
        finally:
            server.delete()
        assert not server.data.exists()


class TestChild:
    def test_a_leftover_of_a_killed_parent_is_ended(self, tmp_path):
        argv = [sys.executable, "-c", "import time; time.sleep(60)"]
        first = Child("sleeper", argv, home=tmp_path, env=os.environ)
        first.start()
        again = Child("sleeper", argv, home=tmp_path, env=os.environ)

        again.end_leftover()

        time.sleep(0.1)
        assert not first.is_alive()
        assert not again.pid_path.exists()

    def test_a_reused_pid_is_left_alone(self, tmp_path):
        child = Child("sleeper", [], home=tmp_path, env={})
        child.pid_path.parent.mkdir(parents=True)
        child.pid_path.write_text(f'{{"pid": {os.getpid()}, "created": 1.0}}')

        child.end_leftover()

        assert psutil.pid_exists(os.getpid())


def test_keys_are_made_once_and_kept_private(tmp_path):
    common, workers = demo_keys(tmp_path)

    assert demo_keys(tmp_path) == (common, workers)
    assert set(common) == {"SECRET_KEY", "SEAL_KEY", "DATA_KEYS", "SEAL_PUBLIC_KEYS"}
    assert set(workers) - set(common) == {"SEAL_PRIVATE_KEYS"}
    for name in ("keys.env", "keys-bank.env"):
        assert (tmp_path / name).stat().st_mode & 0o077 == 0


def test_a_home_of_an_earlier_version_gets_the_keys_it_lacks(tmp_path):
    (tmp_path / "keys.env").write_text("SECRET_KEY=old\nSEAL_KEY=old\nDATA_KEYS=1:old\n")

    common, workers = demo_keys(tmp_path)

    assert common["SECRET_KEY"] == "old"
    assert common["SEAL_PUBLIC_KEYS"] == workers["SEAL_PUBLIC_KEYS"]
    assert demo_keys(tmp_path) == (common, workers)


def test_a_busy_port_is_not_taken():
    import socket

    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        busy = holder.getsockname()[1]

        assert not is_port_free(busy)
        assert free_port(busy) != busy


class TestPreparation:
    @pytest.fixture
    def home(self, tmp_path):
        (tmp_path / "pg").mkdir()
        (tmp_path / "pg" / "PG_VERSION").write_text("18")
        preparation.note(tmp_path, "ports")
        return tmp_path

    def test_is_not_done_again_for_the_same_code_and_database(self, home):
        assert preparation.is_done(home, "ports")

    def test_is_done_again_after_any_change(self, home):
        other_ports = preparation.is_done(home, "other ports")
        (home / "pg" / "PG_VERSION").rename(home / "gone")
        other_database = preparation.is_done(home, "ports")
        (home / "gone").rename(home / "pg" / "PG_VERSION")
        preparation.forget(home)

        assert (other_ports, other_database) == (False, False)
        assert not preparation.is_done(home, "ports")
