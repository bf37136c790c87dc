"""Django's name for the app."""

from django.apps import AppConfig


class MasterdataConfig(AppConfig):
    """Companies, people, accounts, counterparties, banks, connections, calendars."""

    name = "masterdata"
    verbose_name = "基础数据"
