"""`python -m yqlink.prepare STEP…`: migrate, seed, books, static and messages in one process, so Django is imported once."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import django
from django.conf import settings
from django.core.management import call_command

from yqlink.messages import compile_all


def _static() -> None:
    """Collect static files, unless nothing changed since the last time."""
    newest = max(
        (
            path.stat().st_mtime_ns
            for folder in settings.STATICFILES_DIRS
            for path in folder.rglob("*")
            if path.is_file()
        ),
        default=0,
    )
    requirements = settings.ROOT / "requirements.txt"
    mark = f"{newest} {requirements.stat().st_mtime_ns}"
    stamp = settings.STATIC_ROOT / ".stamp"
    if stamp.exists() and stamp.read_text("ascii") == mark:
        return
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(mark, "ascii")


def _migrate() -> None:
    """Migrate; the derived views for finance systems give way before and are made anew after."""
    call_command("erp_views", drop=True)
    call_command("migrate", interactive=False, verbosity=0)
    call_command("erp_views", install=True)


STEPS: dict[str, Callable[[], object]] = {
    "messages": lambda: compile_all(settings.ROOT),
    "migrate": _migrate,
    "seed": lambda: call_command("seed_demo", verbosity=0),
    "books": lambda: call_command("seed_books", verbosity=0),
    "static": _static,
    "banks": lambda: call_command("seed_banks", verbosity=0),
}


def main(names: list[str]) -> None:
    """Run the named steps in order, printing each one's seconds."""
    django.setup()
    for name in names:
        began = time.monotonic()
        STEPS[name]()
        print(f"{name} {time.monotonic() - began:.1f}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
