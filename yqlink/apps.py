"""Django's name for the composition root, so that its commands, template tags and static files are found."""

from django.apps import AppConfig


class YqlinkConfig(AppConfig):
    """The composition root."""

    name = "yqlink"
    verbose_name = "银企联平台"


class CottonConfig(AppConfig):
    """Components of templates, as the settings name loader and tags; the package's own way imports Django's admin, which we have none of."""

    name = "django_cotton"

    def ready(self) -> None:
        """Tags may stand in attributes of components."""
        from django_cotton.nested_tag_support import enable_nested_tag_support

        enable_nested_tag_support()
