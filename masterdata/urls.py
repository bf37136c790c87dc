"""Addresses of the app's pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponseBase
from django.urls import URLPattern, path, register_converter

from kernel.access import guarded, personal, public
from masterdata.views import (
    calendar,
    clients,
    desk,
    details,
    language,
    lists,
    me,
    payee_pages,
    people,
    rights,
    rules,
    security_keys,
    setup,
    sign_in,
    subjects,
)

app_name = "masterdata"


class KindConverter:
    """A kind of settings in an address: the few with a menu entry by a word, the topics of the strategy below theirs."""

    regex = r"matrix|limits|routing|standing|strategy/[a-z_.]+"
    words = {  # a literal table
        "approvals.policy": "matrix",
        "payments.limit": "limits",
        "approvals.standing": "standing",
        "strategy.payments.routes": "routing",
    }

    def to_python(self, value: str) -> str:
        """The kind's name."""
        names = {word: name for name, word in self.words.items()}
        return names.get(value) or value.replace("strategy/", "strategy.", 1)

    def to_url(self, value: str) -> str:
        """The words of the address."""
        return self.words.get(value) or value.replace("strategy.", "strategy/", 1)


register_converter(KindConverter, "kind")


_VIEW, _EDIT = ("masterdata.view",), ("masterdata.edit",)
_PEOPLE, _PEOPLE_EDIT = ("people.view",), ("people.edit",)
_STRATEGY, _PROPOSE_RULES = ("strategy.view",), ("strategy.propose",)
_PROPOSE, _CONFIRM = ("payees.propose",), ("payees.confirm",)


def _page(
    route: str,
    view: Callable[..., HttpResponseBase],
    name: str,
    rights: tuple[str, ...],
    **kwargs: Any,
) -> URLPattern:
    """A page for whoever holds any of these rights."""
    return path(f"masterdata/{route}", guarded(view, *rights), kwargs, name=name)


urlpatterns: list[URLPattern] = [
    path("sign-in/", public(sign_in.SignIn.as_view()), name="sign_in"),
    path("sign-in/code/", public(sign_in.code), name="sign_in_code"),
    path("sign-in/enrol/", public(sign_in.enrol), name="sign_in_enrol"),
    path("sign-out/", public(sign_in.SignOut.as_view()), name="sign_out"),
    path("unlock/", public(sign_in.unlock), name="unlock"),
    path("presence/", personal(sign_in.presence), name="presence"),
    path("language/", public(language.language), name="language"),
    path("password/", personal(me.password), name="password_change"),
    path("step-up/", personal(me.step_up), name="step_up"),
    path("me/security/", personal(me.security), name="security"),
    path("me/sessions/end/", personal(me.end_sessions), name="sessions_end"),
    path("me/factor/", personal(me.factor), name="factor"),
    path("me/keys/new/", personal(security_keys.key_new), name="key_new"),
    path("me/keys/<int:own_key_id>/end/", personal(security_keys.key_end), name="key_end"),
    path("me/recovery/", personal(me.recovery), name="recovery"),
    path("me/delegations/new/", personal(me.delegation_new), name="delegation_new"),
    path(
        "me/delegations/<int:delegation_id>/end/",
        personal(me.delegation_end),
        name="delegation_end",
    ),
    _page("people/new/", people.person_new, "person_new", _PEOPLE_EDIT),
    _page("people/changes/", people.changes, "people_changes", _PEOPLE),
    _page("people/changes/<int:change_id>/", people.change, "people_change", _PEOPLE),
    _page("people/sign-ins/", people.sign_ins, "sign_ins", _PEOPLE),
    _page(
        "people/duties/<int:membership_id>/revoke/", people.duty_revoke, "duty_revoke", _PEOPLE_EDIT
    ),
    _page("rights/", rights.rights, "rights", _PEOPLE),
    _page("clients/", clients.clients_list, "clients", _PEOPLE),
    _page("clients/new/", clients.client_new, "client_new", _PEOPLE_EDIT),
    _page("clients/<int:client_id>/", clients.client, "client", _PEOPLE),
    _page("clients/<int:client_id>/edit/", clients.client_edit, "client_edit", _PEOPLE_EDIT),
    _page("clients/<int:client_id>/keys/new/", clients.client_key, "client_key", _PEOPLE_EDIT),
    _page("clients/<int:client_id>/stop/", clients.client_stop, "client_stop", _PEOPLE_EDIT),
    _page(
        "clients/<int:client_id>/keys/<int:key_id>/revoke/",
        clients.client_key_revoke,
        "client_key_revoke",
        _PEOPLE_EDIT,
    ),
    _page("people/<int:user_id>/", people.person, "person", _PEOPLE),
    _page("people/<int:user_id>/edit/", people.person_edit, "person_edit", _PEOPLE_EDIT),
    _page("people/<int:user_id>/duties/new/", people.duty_grant, "duty_grant", _PEOPLE_EDIT),
    _page("people/<int:user_id>/<slug:act>/", people.person_act, "person_act", _PEOPLE_EDIT),
    *(
        _page(f"{name}/", lists.show_list, name, (right,), which=name)
        for name, (_list, right, _buttons) in lists.LISTS.items()
    ),
    _page("companies/new/", details.company_form, "company_new", _EDIT),
    _page("companies/<int:company_id>/", details.company, "company", _VIEW),
    _page("companies/<int:company_id>/edit/", details.company_form, "company_edit", _EDIT),
    _page("accounts/new/", details.account_form, "account_new", _EDIT),
    _page("accounts/import/", setup.upload, "accounts_import", _EDIT, kind="accounts"),
    _page(
        "accounts/import/<int:file_id>/", setup.preview, "accounts_preview", _EDIT, kind="accounts"
    ),
    _page("accounts/<int:account_id>/", details.account, "account", _VIEW),
    _page("accounts/<int:account_id>/edit/", details.account_form, "account_edit", _EDIT),
    _page("accounts/<int:account_id>/switch/", details.account_switch, "account_switch", _EDIT),
    _page("subjects/", subjects.subjects, "subjects", _VIEW),
    _page("counterparties/new/", details.counterparty_form, "counterparty_new", _EDIT),
    _page(
        "counterparties/import/",
        setup.upload,
        "counterparties_import",
        _EDIT,
        kind="counterparties",
    ),
    _page(
        "counterparties/import/<int:file_id>/",
        setup.preview,
        "counterparties_preview",
        _EDIT,
        kind="counterparties",
    ),
    _page("counterparties/<int:counterparty_id>/", details.counterparty, "counterparty", _VIEW),
    _page(
        "counterparties/<int:counterparty_id>/edit/",
        details.counterparty_form,
        "counterparty_edit",
        _EDIT,
    ),
    _page(
        "counterparties/<int:counterparty_id>/payees/new/",
        details.payee_form,
        "payee_new",
        _PROPOSE,
    ),
    _page("payees/confirm/", desk.payees_decide, "payees_confirm", _CONFIRM, confirm=True),
    _page("payees/reject/", desk.payees_decide, "payees_reject", _CONFIRM, confirm=False),
    _page("payees/<int:account_id>/", payee_pages.payee, "payee", _VIEW),
    _page("payees/<int:account_id>/decide/", desk.payee_decide, "payee_decide", _CONFIRM),
    _page("payees/<int:account_id>/edit/", desk.payee_edit, "payee_edit", _PROPOSE),
    _page("payees/<int:account_id>/close/", desk.payee_close, "payee_close", _PROPOSE),
    _page(
        "payees/<int:account_id>/whitelist/",
        payee_pages.payee_whitelist,
        "payee_whitelist",
        _PROPOSE,
    ),
    _page("payees/<int:account_id>/call/", payee_pages.call_new, "call_new", ("payees.call",)),
    _page("calls/<int:call_id>/decide/", payee_pages.call_decide, "call_decide", _CONFIRM),
    _page("changes/<int:change_id>/", desk.change, "change", _VIEW),
    _page(
        "changes/<int:change_id>/decide/",
        desk.change_decide,
        "change_decide",
        _EDIT + _CONFIRM + ("strategy.decide",),
    ),
    _page("calendar/", calendar.calendar, "calendar", _STRATEGY),
    _page("calendar/<int:year>/edit/", calendar.edit, "calendar_edit", _PROPOSE_RULES),
    _page("strategy/", rules.strategy, "strategy", _STRATEGY),
    _page("matrix/", rules.lines, "matrix", _STRATEGY, kind="approvals.policy"),
    _page("limits/", rules.lines, "limits", _STRATEGY, kind="payments.limit"),
    _page("routing/", rules.lines, "routing", _STRATEGY, kind="strategy.payments.routes"),
    _page("<kind:kind>/", rules.lines, "rules", _STRATEGY),
    _page("<kind:kind>/new/", rules.propose, "rule_new", _PROPOSE_RULES),
    _page("<kind:kind>/<int:line>/", rules.line, "rule", _STRATEGY),
    _page("<kind:kind>/<int:line>/edit/", rules.propose, "rule_edit", _PROPOSE_RULES),
    _page(
        "<kind:kind>/<int:line>/withdraw/",
        rules.propose,
        "rule_withdraw",
        _PROPOSE_RULES,
        withdraw=True,
    ),
    _page("branches/import/", setup.upload, "branches_import", _EDIT, kind="branches"),
    _page(
        "branches/import/<int:file_id>/", setup.preview, "branches_preview", _EDIT, kind="branches"
    ),
    _page("connections/new/", setup.connection_form, "connection_new", ("connections.edit",)),
    _page(
        "connections/<int:connection_id>/", setup.connection, "connection", ("connections.view",)
    ),
    _page(
        "connections/<int:connection_id>/edit/",
        setup.connection_form,
        "connection_edit",
        ("connections.edit",),
    ),
    _page(
        "connections/<int:connection_id>/freeze/",
        setup.connection_freeze,
        "connection_freeze",
        ("connections.edit",),
    ),
    _page(
        "connections/<int:connection_id>/credentials/",
        setup.connection_credentials,
        "connection_credentials",
        ("connections.edit",),
    ),
]
