"""`make manage DO="verify_audit"`: one management command beside a running `make demo`, in its environment, with its keys.

A plain shell knows neither the demo's embedded database nor the keys its home holds. `DATABASE_URL`, `REDIS_URL` and keys of
the environment go before those of the home. On a real installation the environment is the operator's: see docs/operations.md.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from yqlink.servers import Postgres, Valkey
from yqlink.supervisor import ROOT, demo_keys


def environment(home: Path) -> dict[str, str]:
    """What a command of this home's platform gets, bank's keys included. Raises FileNotFoundError where none was ever started."""
    home = home.resolve()
    if not (home / "keys.env").exists():
        raise FileNotFoundError(f"no platform was started in {home}: run `make demo` first")
    common, workers = demo_keys(home)
    env = {**common, **workers, **os.environ}
    env.setdefault("DJANGO_SETTINGS_MODULE", "yqlink.settings.dev")
    env.setdefault("DATABASE_URL", Postgres(home).url())
    env.setdefault("REDIS_URL", Valkey(home, env).url)
    return env | {
        "YQLINK_HOME": str(home),
        "YQLINK_DEMO_DIR": str(home / "demo"),
        "PYTHONPATH": str(ROOT),
    }


def main(arguments: Sequence[str]) -> int:
    """Run that command; 2 where there is none, or no platform's home."""
    home = Path(os.environ.get("YQLINK_HOME", str(ROOT / "var")))
    try:
        env = environment(home)
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 2
    if not arguments:
        print('usage: make manage DO="verify_audit"', file=sys.stderr)
        return 2
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    return subprocess.run(command, env=env, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
