"""The composition root: settings, wiring, timetable, supervisor; decides nothing, owns no rows."""

from yqlink.celery import app as celery_app

__all__ = ["celery_app"]
