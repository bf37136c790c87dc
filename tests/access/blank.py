"""Templates that draw nothing: the matrix asks views for their verdict thousands of times, not for their pages."""

from __future__ import annotations

from typing import Any

from django.template import Origin
from django.template.loaders.base import Loader as BaseLoader


class Loader(BaseLoader):
    """Every template is there, and empty."""

    def get_template_sources(self, template_name: str) -> Any:
        """One source for whatever is asked."""
        yield Origin(name=template_name, template_name=template_name, loader=self)

    def get_contents(self, origin: Origin) -> str:
        """Nothing."""
        return ""
