"""Django's name for the app."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """Our books: vouchers, bank journals, periods, budgets."""

    name = "ledger"
    verbose_name = "账簿"
