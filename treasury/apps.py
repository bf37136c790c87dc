"""Django's name for the app."""

from django.apps import AppConfig


class TreasuryConfig(AppConfig):
    """Positions, sweeps, plans and forecasts."""

    name = "treasury"
    verbose_name = "资金"
