"""A worker as Celery would run it, without the broker: the ticks of the queue `bank`, one after the other, for ever.

Workers are forked from one process that has everything imported already, so that a killed one is replaced in
milliseconds. Each has its own connections to a database and a clock that are named to it.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yqlink.settings.test")
os.environ.setdefault("LOG_LEVEL", "WARNING")

import django
from django.apps import apps

if not apps.ready:
    django.setup()

from django.conf import settings
from django.db import connections

from bankadapters import registry
from bankbridge import tasks
from yqlink.settings.base import database

PAUSE_S = 0.03
PULL_EVERY_S = 1.5

for _slug in registry.slugs():
    registry.adapter_class(_slug)  # imported before the fork


def settle_in(*, url: str, clock_file: str, log: str) -> None:
    """Point this process at its database, its clock and its log file; nothing of the parent's connections is used."""
    with Path(log).open("ab") as sink:
        os.dup2(sink.fileno(), 1)
        os.dup2(sink.fileno(), 2)
    os.environ["DATABASE_URL"], os.environ["CLOCK_FILE"] = url, clock_file
    settings.DATABASES["default"].update(database(url))
    settings.DISPATCH_TICK_MAX_S = 5.0
    connections.close_all()


def run(url: str, clock_file: str, log: str, stop_file: str) -> None:
    """Tick until `stop_file` exists. An error ends a tick, never the worker; it goes to the log."""
    settle_in(url=url, clock_file=clock_file, log=log)
    pulled_at = time.monotonic()
    while not Path(stop_file).exists():
        ticks = [tasks.tick_dispatch, tasks.tick_reap, tasks.tick_inquire]
        if time.monotonic() - pulled_at > PULL_EVERY_S:
            ticks += [tasks.tick_balances, tasks.tick_statements]
            pulled_at = time.monotonic()
        for tick in ticks:
            try:
                tick()
            except Exception:
                traceback.print_exc(file=sys.stderr)
                sys.stderr.flush()
        time.sleep(PAUSE_S)
    connections.close_all()
