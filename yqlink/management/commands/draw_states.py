"""`manage.py draw_states`: write docs/states/ from the Flows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from yqlink.drawing import pages


class Command(BaseCommand):
    """Write one page for each Flow."""

    help = "Write docs/states/ from the state machines of the code."
    requires_system_checks: list[str] = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Write the pages and say where."""
        folder = Path(__file__).resolve().parents[3] / "docs" / "states"
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in pages().items():
            (folder / name).write_text(text, "utf-8")
        self.stdout.write(f"{len(pages())} pages in {folder}")
