"""Django's name for the app."""

from django.apps import AppConfig


class StatementsConfig(AppConfig):
    """What banks told us about accounts."""

    name = "statements"
    verbose_name = "银行账务"
