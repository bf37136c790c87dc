"""The Celery application. Queues: bank (talks to banks), erp (talks to finance systems), quiet (everything else)."""

from __future__ import annotations

import os

from celery import Celery

QUEUES = ("bank", "erp", "quiet")

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yqlink.settings.dev")
app = Celery("yqlink")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
