"""Django's name for the app."""

from django.apps import AppConfig


class BankbridgeConfig(AppConfig):
    """The bank border: dispatch, inquiry, pulls, wire evidence."""

    name = "bankbridge"
    verbose_name = "银行接口"
