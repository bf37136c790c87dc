"""Addresses of the matching desk, of trials, and of what is explained."""

from __future__ import annotations

from django.urls import URLPattern, path

from kernel.access import guarded
from reconciliation.views import desk, explained, matches, trial

VIEW, PREPARE, REVIEW = "reconciliation.view", "reconciliation.match", "reconciliation.decide"
_ACCOUNT = "accounts/<int:account_id>/"
_MATCH = f"{_ACCOUNT}matches/<int:match_no>/"

urlpatterns: list[URLPattern] = [
    path("", guarded(desk.accounts, VIEW), name="accounts"),
    path("transactions/", guarded(desk.transactions, "statements.view"), name="transactions"),
    path("trial/", guarded(trial.trial, VIEW), name="trial"),
    path("explained/", guarded(explained.overview, VIEW), name="explained"),
    path("explained/<str:day>/", guarded(explained.one_day, VIEW), name="explained_day"),
    path("acts/<int:act_id>/", guarded(matches.act_page, VIEW), name="act"),
    path(_ACCOUNT, guarded(desk.desk, VIEW), name="desk"),
    path(f"{_ACCOUNT}lines/", guarded(desk.lines, VIEW), name="lines"),
    path(f"{_ACCOUNT}news/", guarded(desk.news, VIEW), name="news"),
    path(f"{_ACCOUNT}proposals/", guarded(desk.proposals, VIEW), name="proposals"),
    path(f"{_ACCOUNT}acts/", guarded(desk.acts, VIEW), name="acts"),
    path(f"{_ACCOUNT}match/", guarded(desk.match, PREPARE), name="match"),
    path(f"{_ACCOUNT}refuse/", guarded(desk.refuse, PREPARE), name="refuse"),
    path(f"{_ACCOUNT}undo/", guarded(desk.undo, PREPARE), name="undo"),
    path(f"{_ACCOUNT}voucher/", guarded(desk.voucher, "ledger.book"), name="voucher"),
    path(f"{_ACCOUNT}changes/<int:change_id>/decide/", guarded(desk.decide, REVIEW), name="decide"),
    path(f"{_ACCOUNT}matches/", guarded(matches.matches, VIEW), name="matches"),
    path(_MATCH, guarded(matches.match_page, VIEW), name="match_page"),
    path(f"{_MATCH}split/", guarded(matches.split, PREPARE), name="split"),
]
