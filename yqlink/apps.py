"""Django's name for the composition root, so that its commands, template tags and static files are found."""

from django.apps import AppConfig


class YqlinkConfig(AppConfig):
    """The composition root."""

    name = "yqlink"
    verbose_name = "银企联平台"
