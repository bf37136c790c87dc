"""Django's name for the app."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Append-only record of who did what, and why."""

    name = "audit"
    verbose_name = "审计"
