"""`make insider [ONLY=words]`: every attack on a platform at work, as a table; ends with 1 where one is neither prevented nor found.

PostgreSQL, the simulated bank and the workers' code are the real ones; the insider is the database's superuser.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
import unicodedata
from pathlib import Path


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def _padded(text: str, width: int) -> str:
    return text + " " * max(0, width - _width(text))


def _start(home: Path) -> tuple[object, str]:
    """An embedded server with the migrated database of a platform, and Django on it."""
    from tests import schema
    from yqlink.servers import Postgres

    server = Postgres(home, durable=False)
    server.start()
    template = schema.make_template(server.url())
    if not template:
        raise SystemExit("the database could not be migrated")
    os.environ["DATABASE_URL"] = server.url("insider_base")
    os.environ["DJANGO_SETTINGS_MODULE"] = "yqlink.settings.test"
    import psycopg2

    maintenance = psycopg2.connect(server.url("postgres"))
    maintenance.autocommit = True
    with maintenance.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE insider_base TEMPLATE {template}")
    maintenance.close()
    import django

    django.setup()
    return server, server.url("insider_base")


def main() -> int:
    """Lay the ground once, then every attack on a copy of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--only", default="", help="attacks whose name has one of these words, parted by commas"
    )
    only = parser.parse_args().only
    home = Path(tempfile.mkdtemp(prefix="yqlink-insider-"))
    began = time.monotonic()
    server, url = _start(home)
    try:
        failed = _report(home, url, only)
    finally:
        server.delete()  # type: ignore[attr-defined]
        shutil.rmtree(home, ignore_errors=True)
        Path(os.environ["REGISTRARS_FILE"]).unlink(missing_ok=True)
    print(f"\n{time.monotonic() - began:.0f} s")
    return 1 if failed else 0


def _report(home: Path, url: str, only: str) -> int:
    from tests.insider.attacks import every
    from tests.insider.ground import clock_at_morning, lay
    from tests.insider.runs import a_copy, carried_out, named

    with clock_at_morning() as clock_file:
        ground = lay(home, clock_file)
        if found := named():
            print("the ground is not clean before any attack:", sorted(found))
            return 1
        words = only.split(",")
        chosen = [one for one in every() if any(word in one.name for word in words)]
        anchors = home / "outside" / "anchors.jsonl"
        kept, failed = anchors.read_bytes(), 0
        print(f"{_padded('攻击', 44)} {_padded('预期', 12)} {'':2} 结果")
        for attack in chosen:
            with a_copy(url, "insider_base", "insider_copy") as own:
                told = carried_out(attack, ground, own)
            anchors.write_bytes(kept)
            failed += not told.is_as_expected
            mark = "✓" if told.is_as_expected else "✗"
            print(
                f"{_padded(attack.name, 44)} {_padded(attack.expected, 12)} {mark:2} {told.words}",
                flush=True,
            )
    print(f"\n{len(chosen)} 种攻击，{len(chosen) - failed} 种如预期，{failed} 种不如预期")
    return failed


if __name__ == "__main__":
    sys.exit(main())
