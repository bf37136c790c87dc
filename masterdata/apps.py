"""Django's name for the app."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig


class MasterdataConfig(AppConfig):
    """Companies, people, accounts, counterparties, banks, connections, calendars."""

    name = "masterdata"
    verbose_name = "基础数据"

    def ready(self) -> None:
        """Sign-ins are dated by the platform's clock, not by the machine's."""
        from django.contrib.auth.signals import user_logged_in

        user_logged_in.disconnect(dispatch_uid="update_last_login")
        user_logged_in.connect(_keep_last_login, dispatch_uid="keep_last_login")


def _keep_last_login(**told: Any) -> None:
    from masterdata.services.sessions import keep_last_login  # few processes sign people in

    keep_last_login(**told)
