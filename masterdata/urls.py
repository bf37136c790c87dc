"""Addresses of the app's pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponseBase
from django.urls import URLPattern, path

from masterdata.views import desk, details, lists, people, setup

app_name = "masterdata"


def _page(
    route: str, view: Callable[..., HttpResponseBase], name: str, **kwargs: Any
) -> URLPattern:
    """A page for signed-in people."""
    return path(f"masterdata/{route}", login_required(view), kwargs, name=name)


urlpatterns: list[URLPattern] = [
    path("sign-in/", people.SignIn.as_view(), name="sign_in"),
    path("sign-out/", people.SignOut.as_view(), name="sign_out"),
    path("password/", people.password, name="password_change"),
    path("step-up/", people.step_up, name="step_up"),
    path("language/", people.language, name="language"),
    *(_page(f"{name}/", lists.show_list, name, which=name) for name in lists.LISTS),
    _page("companies/new/", details.company_form, "company_new"),
    _page("companies/<int:company_id>/", details.company, "company"),
    _page("companies/<int:company_id>/edit/", details.company_form, "company_edit"),
    _page("accounts/new/", details.account_form, "account_new"),
    _page("accounts/<int:account_id>/", details.account, "account"),
    _page("accounts/<int:account_id>/edit/", details.account_form, "account_edit"),
    _page("accounts/<int:account_id>/switch/", details.account_switch, "account_switch"),
    _page("counterparties/new/", details.counterparty_form, "counterparty_new"),
    _page("counterparties/import/", setup.upload, "counterparties_import", kind="counterparties"),
    _page(
        "counterparties/import/<int:file_id>/",
        setup.preview,
        "counterparties_preview",
        kind="counterparties",
    ),
    _page("counterparties/<int:counterparty_id>/", details.counterparty, "counterparty"),
    _page(
        "counterparties/<int:counterparty_id>/edit/", details.counterparty_form, "counterparty_edit"
    ),
    _page("counterparties/<int:counterparty_id>/payees/new/", details.payee_form, "payee_new"),
    _page("payees/confirm/", desk.payees_decide, "payees_confirm", confirm=True),
    _page("payees/reject/", desk.payees_decide, "payees_reject", confirm=False),
    _page("payees/<int:account_id>/", desk.payee, "payee"),
    _page("payees/<int:account_id>/decide/", desk.payee_decide, "payee_decide"),
    _page("payees/<int:account_id>/edit/", desk.payee_edit, "payee_edit"),
    _page("payees/<int:account_id>/close/", desk.payee_close, "payee_close"),
    _page("changes/<int:change_id>/", desk.change, "change"),
    _page("changes/<int:change_id>/decide/", desk.change_decide, "change_decide"),
    _page("branches/import/", setup.upload, "branches_import", kind="branches"),
    _page("branches/import/<int:file_id>/", setup.preview, "branches_preview", kind="branches"),
    _page("connections/new/", setup.connection_form, "connection_new"),
    _page("connections/<int:connection_id>/", setup.connection, "connection"),
    _page("connections/<int:connection_id>/edit/", setup.connection_form, "connection_edit"),
    _page(
        "connections/<int:connection_id>/credentials/",
        setup.connection_credentials,
        "connection_credentials",
    ),
]
