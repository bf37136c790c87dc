"""Topics of the strategy: what may be decided by company and account subject, each a dataclass in the app that obeys it.

The settings name the dataclasses (STRATEGY_TOPICS); form, table, differences and history come from their fields.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import ClassVar, TypeVar

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from kernel.errors import NotFound
from masterdata.typed import BANK, COMPANY, Values, Words, reference, text

BY_SUBJECT, BY_COMPANY, BY_BANK = "subject", "company", "bank"


@dataclass(frozen=True, kw_only=True)
class Topic(Values):
    """One topic: subclasses declare fields with defaults, which rule where nobody has decided anything.

    `keyed_by` says for whom a row may stand: account subjects of a company, companies, or banks. Where `merges`, a field
    left empty in a nearer row is taken from the next one outward; elsewhere the nearest row rules whole.
    """

    key: ClassVar[str]
    title: ClassVar[Words]
    about: ClassVar[Words] = ""
    keyed_by: ClassVar[str] = BY_SUBJECT
    merges: ClassVar[bool] = False
    required: ClassVar[tuple[str, ...]] = ()  # fields that some row must fill


TopicT = TypeVar("TopicT", bound=Topic)


@dataclass(frozen=True, kw_only=True)
class CompanyKey(Values):
    """For which company a row stands."""

    company: int | None = reference(
        _("公司"), COMPANY, help=_("不选则对全集团生效；下级公司未另行设定时沿用上级。")
    )


@dataclass(frozen=True, kw_only=True)
class SubjectKey(CompanyKey):
    """For which company and account subject a row stands."""

    subject: str = text(
        _("科目"), longest=15, help=_("付款账户的会计科目，如 1002.01；留空为全部科目。")
    )


@dataclass(frozen=True, kw_only=True)
class BankKey(Values):
    """For which bank a row stands."""

    bank: str = reference(_("付款银行"), BANK, help=_("不选则为各银行的共同规则。"))


KEYS: dict[str, type[Values]] = {BY_SUBJECT: SubjectKey, BY_COMPANY: CompanyKey, BY_BANK: BankKey}


@cache
def topics() -> dict[str, type[Topic]]:
    """Every topic by key, in the order of the settings."""
    found = [import_string(path) for path in settings.STRATEGY_TOPICS]
    return {topic.key: topic for topic in found}


def topic_named(key: str) -> type[Topic]:
    """The topic with this key; raises NotFound."""
    found = topics().get(key)
    if found is None:
        raise NotFound("topic")
    return found
