"""Django's name for the app."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """Orders, instructions and batches."""

    name = "payments"
    verbose_name = "付款"
