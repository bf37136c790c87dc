"""Django's name for the app."""

from django.apps import AppConfig


class ReconciliationConfig(AppConfig):
    """Matching what banks say with what our books say."""

    name = "reconciliation"
    verbose_name = "对账"
