"""Django's name for the app."""

from django.apps import AppConfig


class WorkspaceConfig(AppConfig):
    """Pages that gather from all apps; no rows of its own."""

    name = "yqlink.workspace"
    verbose_name = "工作台"
