"""Django's name for the app."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """What pages need whatever the subject: list pages, imports, confirm tokens, jobs, notifications, exception cases."""

    name = "desk"
    verbose_name = "工作台部件"
