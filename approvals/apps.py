"""Django's name for the app."""

from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    """Who must say yes, and who said it."""

    name = "approvals"
    verbose_name = "审批"
