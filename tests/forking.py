"""Work done in a process forked from a test's, as a worker's process would do it."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from typing import Any

from django.db import connections


def forget_inherited() -> None:
    """In the child: leave the parent's connections to the parent.

    After a browser's tests Django keeps other connections for the parent than for us, so that the parent's `close_all`
    does not reach those we see: two children would speak over one.
    """
    for inherited in connections.all(initialized_only=True):
        del connections[inherited.alias]


def in_a_process(work: Callable[[], Any]) -> int:
    """Run it in a process of its own, with connections of its own; the process id."""
    connections.close_all()
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        forget_inherited()
        work()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        connections.close_all()
        os._exit(status)
