"""Rights by role: the one table that says what each duty may do. Admin roles hold no money rights."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """A duty a person holds in a company (and in the companies below it)."""

    MAKER = "maker"
    CHECKER = "checker"
    APPROVER = "approver"
    RELEASER = "releaser"
    ACCOUNTANT = "accountant"
    TREASURER = "treasurer"
    VIEWER = "viewer"
    ADMIN = "admin"
    SECURITY_ADMIN = "security_admin"
    AUDITOR = "auditor"


ROLE_NAMES: dict[Role, str] = {
    Role.MAKER: "制单",
    Role.CHECKER: "复核",
    Role.APPROVER: "审批",
    Role.RELEASER: "授权",
    Role.ACCOUNTANT: "会计",
    Role.TREASURER: "资金主管",
    Role.VIEWER: "集团财务查询",
    Role.ADMIN: "系统管理员",
    Role.SECURITY_ADMIN: "安全管理员",
    Role.AUDITOR: "审计员",
}

_SEE = {"payments.view", "statements.view", "masterdata.view", "strategy.view"}
_WORK = {*_SEE, "cases.work"}  # whoever does something also looks after exception cases

RIGHTS: dict[Role, frozenset[str]] = {
    Role.MAKER: frozenset(_WORK | {"payments.make", "payments.import", "payees.propose"}),
    Role.CHECKER: frozenset(_WORK | {"payments.check"}),
    Role.APPROVER: frozenset(_WORK | {"payments.approve"}),
    Role.RELEASER: frozenset(_WORK | {"payments.release", "payments.cancel"}),
    Role.ACCOUNTANT: frozenset(
        _WORK | {"statements.pull", "ledger.view", "ledger.book", "ledger.import", "ledger.confirm"}
    ),
    Role.TREASURER: frozenset(
        _WORK
        | {
            "payments.lift_hold",
            "payments.adjudicate",
            "payments.inquire",
            "statements.pull",
            "ledger.view",
            "ledger.confirm",
        }
    ),
    Role.VIEWER: frozenset(_SEE | {"ledger.view"}),
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
            "connections.edit",
            "connections.view",
        }
    ),
    Role.SECURITY_ADMIN: frozenset(
        {"masterdata.view", "strategy.view", "people.edit", "people.view"}
    ),
    Role.AUDITOR: frozenset(
        _SEE | {"audit.read", "connections.view", "exchanges.read", "people.view", "ledger.view"}
    ),
}
