"""Django's name for the app."""

from django.apps import AppConfig


class ReceiptsConfig(AppConfig):
    """Collections and arrival notices."""

    name = "receipts"
    verbose_name = "收款"
