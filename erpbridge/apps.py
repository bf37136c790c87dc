"""Django's name for the app."""

from django.apps import AppConfig


class ErpbridgeConfig(AppConfig):
    """The ERP border: intake and publishing."""

    name = "erpbridge"
    verbose_name = "ERP接口"
