"""What a self-test of an account found, in plain words: which services the bank lets us use, and whom to ask about the rest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Max, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bankbridge import selectors
from bankbridge.abilities import ABILITY_WORDS
from bankbridge.models import AccountCheck
from kernel.scope import Scope
from masterdata import selectors as masterdata

if TYPE_CHECKING:
    from masterdata.models import OwnAccount

OK, REFUSED, ABSENT, UNREACHED, UNREAD, NOT_OFFERED = (
    "ok", "refused", "absent", "unreached", "unread", "not_offered",
)  # fmt: skip
VERDICTS: dict[str, tuple[str | Promise, str, str | Promise]] = {
    OK: (_("可用"), "ok", ""),
    REFUSED: (
        _("银行拒绝"),
        "bad",
        _("多为该账户未开通此项服务，或操作员没有权限。请带上错误代码联系开户行开通。"),
    ),
    ABSENT: (
        _("银行未列出该账户"),
        "bad",
        _("银行应答正常，但其中没有这个账户。请向开户行确认该账户已加入银企直联签约。"),
    ),
    UNREACHED: (
        _("没有连上银行"),
        "you",
        _("不是权限问题：先检查网络、前置机与证书，再重新自检。"),
    ),
    UNREAD: (_("应答丢失或无法识别"), "you", _("请重新自检；仍然如此时把报文交给银行核对。")),
    NOT_OFFERED: (_("该银行接口没有此项"), "closed", ""),
}
CHECKED = ("balance", "transactions", "history_balance", "receipt_list", "account_list")
VIEW = ("statements.view", "connections.view")
ASK = ("statements.pull", "connections.edit")


@dataclass(frozen=True)
class Found:
    """One service of one account. `code` and `text` are the bank's own words."""

    ability: str
    verdict: str
    code: str = ""
    text: str = ""

    @property
    def words(self) -> str | Promise:
        """Which service."""
        return ABILITY_WORDS[self.ability]

    @property
    def verdict_words(self) -> str | Promise:
        """How it stands."""
        return VERDICTS[self.verdict][0]

    @property
    def tone(self) -> str:
        """How loudly to say so."""
        return VERDICTS[self.verdict][1]

    @property
    def advice(self) -> str | Promise:
        """What to do."""
        return VERDICTS[self.verdict][2]


@dataclass(frozen=True)
class Checked:
    """One linked account with its newest self-test."""

    account: OwnAccount
    state: str
    asked_by: str
    ended_at: datetime | None
    found: list[Found]

    @property
    def wrong(self) -> list[Found]:
        """What does not work."""
        return [one for one in self.found if VERDICTS[one.verdict][1] in ("bad", "you")]


def found_of(row: AccountCheck) -> list[Found]:
    """The results of a check."""
    return [Found(**one) for one in row.results]


def _companies(scope: Scope, rights: Iterable[str]) -> set[int]:
    return {pk for right in rights for pk in scope.companies_with(right)}


def linked(scope: Scope, rights: Iterable[str]) -> QuerySet[OwnAccount]:
    """Accounts that talk to their bank, of the companies where the viewer holds any of these rights."""
    rows = masterdata.visible_accounts(scope).filter(company_id__in=_companies(scope, rights))
    return rows.filter(pk__in=list(selectors.linked_accounts()))


def newest(scope: Scope) -> list[Checked]:
    """Each linked account the viewer may see with its newest self-test, by number."""
    accounts = list(linked(scope, VIEW))
    rows = AccountCheck.objects.filter(account__in=accounts)
    latest = rows.values("account").annotate(last=Max("pk")).values("last")
    checks = {row.account_id: row for row in AccountCheck.objects.filter(pk__in=latest)}
    found = []
    for account in accounts:
        row = checks.get(account.pk)
        if row is None:
            found.append(Checked(account, "", "", None, []))
        else:
            found.append(Checked(account, row.state, row.asked_by, row.ended_at, found_of(row)))
    return found
