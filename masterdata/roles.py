"""Duties: what each may do (RIGHTS), and which two never meet in one natural person (CONFLICTS). The one place for both.

Admin duties hold no money rights; money duties edit neither people nor settings.
"""

from __future__ import annotations

from enum import StrEnum
from itertools import combinations
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise


class Role(StrEnum):
    """A duty a person holds in a company (and in the companies below it)."""

    MAKER = "maker"
    EXCEPTION_MAKER = "exception_maker"
    CLERK = "sales_clerk"
    CHECKER = "checker"
    APPROVER = "approver"
    RELEASER = "releaser"
    RECEIPTS = "receipts_accountant"
    RECONCILER = "recon_accountant"
    TREASURER = "treasurer"
    VIEWER = "viewer"
    ADMIN = "admin"
    SECURITY_ADMIN = "security_admin"
    AUDITOR = "auditor"


ROLE_NAMES: dict[Role, StrPromise] = {
    Role.MAKER: _("制单"),
    Role.EXCEPTION_MAKER: _("例外制单"),
    Role.CLERK: _("销售办事处"),
    Role.CHECKER: _("复核"),
    Role.APPROVER: _("审批"),
    Role.RELEASER: _("授权"),
    Role.RECEIPTS: _("收款会计"),
    Role.RECONCILER: _("对账会计"),
    Role.TREASURER: _("资金主管"),
    Role.VIEWER: _("集团财务查询"),
    Role.ADMIN: _("系统管理员"),
    Role.SECURITY_ADMIN: _("安全管理员"),
    Role.AUDITOR: _("审计员"),
}

_SEE = {"payments.view", "statements.view", "masterdata.view", "strategy.view"}
_RECEIVE = {"receipts.view", "receipts.supplement"}
_WORK = {*_SEE, "cases.work"}  # whoever does something also looks after exception cases

RIGHTS: dict[Role, frozenset[str]] = {
    Role.MAKER: frozenset(
        _WORK
        | _RECEIVE
        | {"payments.make", "payments.import", "payees.propose", "statements.receipts"}
    ),
    Role.EXCEPTION_MAKER: frozenset(_WORK | {"payments.make", "payments.free_payee"}),
    Role.CLERK: frozenset(_WORK | _RECEIVE | {"payments.make", "statements.receipts"}),
    Role.CHECKER: frozenset(_WORK | {"payments.check", "payees.call"}),
    Role.APPROVER: frozenset(_WORK | {"payments.approve"}),
    Role.RELEASER: frozenset(_WORK | {"payments.release", "payments.cancel", "statements.pull"}),
    Role.RECEIPTS: frozenset(
        _WORK
        | _RECEIVE
        | {
            "receipts.review",
            "receipts.book",
            "receipts.arrange",
            "statements.pull",
            "statements.import",
            "statements.receipts",
            "ledger.view",
            "ledger.book",
            "ledger.import",
            "ledger.confirm",
            "reconciliation.view",
        }
    ),
    Role.RECONCILER: frozenset(
        _WORK
        | {
            "receipts.view",
            "statements.pull",
            "statements.import",
            "statements.receipts",
            "ledger.view",
            "ledger.book",
            "ledger.import",
            "ledger.confirm",
            "reconciliation.view",
            "reconciliation.match",
            "reconciliation.decide",
        }
    ),
    Role.TREASURER: frozenset(
        _WORK
        | {
            "receipts.view",
            "receipts.arrange",
            "receipts.arrange_decide",
            "payments.approve",
            "payments.lift_hold",
            "payments.adjudicate",
            "payments.inquire",
            "payees.call",
            "statements.pull",
            "evidence.export",
            "statements.receipts",
            "ledger.view",
            "ledger.confirm",
            "reconciliation.view",
            "reconciliation.decide",
        }
    ),
    Role.VIEWER: frozenset(_SEE | {"ledger.view", "receipts.view", "reconciliation.view"}),
    Role.ADMIN: frozenset(
        {
            "masterdata.view",
            "masterdata.edit",
            "cases.work",
            "strategy.view",
            "strategy.propose",
            "strategy.decide",
            "payees.propose",
            "payees.confirm",
            "payees.call",
            "connections.edit",
            "connections.view",
        }
    ),
    Role.SECURITY_ADMIN: frozenset(
        {"masterdata.view", "strategy.view", "people.edit", "people.view", "keys.confirm"}
    ),
    Role.AUDITOR: frozenset(
        _SEE
        | {
            "receipts.view",
            "audit.read",
            "evidence.export",
            "statements.receipts",
            "connections.view",
            "exchanges.read",
            "people.view",
            "ledger.view",
            "reconciliation.view",
        }
    ),
}

ADMIN_ROLES = frozenset({Role.ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR})
MONEY_RIGHTS = frozenset(
    {
        "payments.make",
        "payments.free_payee",
        "payments.import",
        "payments.check",
        "payments.approve",
        "payments.release",
        "payments.cancel",
        "payments.lift_hold",
        "payments.adjudicate",
    }
)


def _pairs(left: tuple[Role, ...], right: tuple[Role, ...]) -> set[frozenset[Role]]:
    return {frozenset({a, b}) for a in left for b in right if a != b}


_MAKING = (Role.MAKER, Role.EXCEPTION_MAKER, Role.CLERK)
_DECIDING = (Role.CHECKER, Role.APPROVER, Role.RELEASER)

# Pairs no natural person holds where their companies overlap: maker, checker, approver and releaser are four people
# (DOMAIN §3.7), and a treasurer approves; a hold is lifted by neither maker nor checker (§3.6); who pays out neither books nor reconciles
# (会计法: 出纳不得兼任稽核和账目登记); the three administrations stay apart from money and from each other.
CONFLICTS: frozenset[frozenset[Role]] = frozenset(
    _pairs(_MAKING, _DECIDING)
    | {frozenset(pair) for pair in combinations(_DECIDING, 2)}
    | _pairs((*_MAKING, Role.CHECKER, Role.RELEASER), (Role.TREASURER,))
    | _pairs(_MAKING, (Role.RECEIPTS, Role.RECONCILER))
    | _pairs((Role.RELEASER,), (Role.RECONCILER,))
    | _pairs(tuple(ADMIN_ROLES), tuple(role for role in Role if role != Role.VIEWER))
)


def are_in_conflict(one: Role, other: Role) -> bool:
    """Whether one natural person may not hold both duties where their companies overlap."""
    return frozenset({one, other}) in CONFLICTS
