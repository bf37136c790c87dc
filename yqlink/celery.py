"""The Celery application. Queues: bank (talks to banks), erp (talks to finance systems), quiet (everything else)."""

from __future__ import annotations

import gc
import os
from typing import Any

from celery import Celery
from celery.signals import celeryd_init
from django_structlog.celery.receivers import CeleryReceiver

QUEUES = ("bank", "erp", "quiet")

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yqlink.settings.dev")
# Django's checks look at every page: `make check` runs them, a worker that did would hold all pages in its memory (25 MB).
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")
app = Celery("yqlink")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@celeryd_init.connect
def _share(**_: Any) -> None:
    """Before a worker forks, with all tasks loaded: what the collector does not look at stays one copy for all of its processes."""
    gc.collect()
    gc.freeze()


# Who sends a task has imported this; a process that never does keeps Celery out of its memory (13 MB).
_words = CeleryReceiver()
_words.connect_signals()
