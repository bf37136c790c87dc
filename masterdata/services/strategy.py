"""Topics of the strategy as dated settings: one line for a topic and the company, account subject or bank it stands for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, make_dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kernel.errors import InvalidInput
from kernel.orm import DatedRow
from masterdata.models import Bank, Company, StrategyRow
from masterdata.owners import owner_words
from masterdata.services.dated import Kind, Proposal, lay_down
from masterdata.topics import KEYS, Topic, topics
from masterdata.typed import Values

_PREFIX = "strategy."
_NOTHING = gettext_lazy("未设置的公司与科目按默认值执行；新增须由另一位管理员复核。")
COLUMNS_MAX = 4  # topics with more fields are told in a sentence


class StrategyKind(Kind):
    """Rows of one topic."""

    def __init__(self, topic: type[Topic]) -> None:
        self.topic = topic
        self.name = _PREFIX + topic.key
        self.title = topic.title
        self.about = topic.about
        self.nothing = _NOTHING
        self.keys = tuple(KEYS[topic.keyed_by].specs())
        own = tuple(topic.specs())
        self.columns = self.keys + (own if len(own) <= COLUMNS_MAX else ())
        # Keys first, then the topic's own fields: later bases come first in a dataclass.
        self.values: type[Values] = make_dataclass(
            f"{topic.__name__}Row",
            [],
            bases=(topic, KEYS[topic.keyed_by]),
            frozen=True,
            kw_only=True,
        )

    def rows(self) -> QuerySet[Any]:
        """Every version of every line of the topic."""
        return StrategyRow.objects.filter(topic=self.topic.key)

    def _key(self, values: Values) -> dict[str, Any]:
        said = {name: getattr(values, name) for name in self.keys}
        return {
            "company_id": said.get("company"),
            "subject": said.get("subject", ""),
            "bank": said.get("bank", ""),
        }

    def blank(self, values: Values) -> DatedRow:
        """The unwritten row."""
        said = values.written()
        value = {name: said[name] for name in self.topic.specs()}
        return StrategyRow(topic=self.topic.key, value=value, **self._key(values))

    def raw(self, row: Any) -> dict[str, Any]:
        """Key and values of a row."""
        key = {"company": row.company_id, "subject": row.subject, "bank": row.bank}
        return {**{name: key[name] for name in self.keys}, **row.value}

    def identity(self, values: Values) -> str:
        """Company, subject and bank: one proposal for them at a time."""
        return "new:" + "/".join(str(part or "") for part in self._key(values).values())

    def line_of(self, values: Values) -> int | None:
        """The line of this company, subject or bank."""
        lines = self.rows().filter(**self._key(values)).values_list("line", flat=True)
        return lines.first()

    def check(self, values: Values) -> None:
        """The company or bank must exist; a row that merges must say something."""
        company, bank = getattr(values, "company", None), getattr(values, "bank", "")
        if company is not None and not Company.objects.filter(pk=company).exists():
            raise InvalidInput("没有这家公司", "no such company", field="company")
        if bank and not Bank.objects.filter(pk=bank).exists():
            raise InvalidInput(f"没有代码为 {bank} 的银行", "no such bank", field="bank")
        subject = getattr(values, "subject", "")
        if subject and company is None:
            raise InvalidInput(
                "按科目设置时须指明公司：科目属于各公司自己的账套",
                "a subject belongs to a company",
                field="company",
            )
        if self.topic.merges and all(getattr(values, name) is None for name in self.topic.specs()):
            raise InvalidInput("请至少填写一项", "at least one value is wanted")

    def headline(self, values: Values) -> str:
        """Company, subject or bank."""
        key = self._key(values)
        if "bank" in self.keys:
            bank = Bank.objects.filter(pk=key["bank"]).first()
            return bank.name if bank else _("各银行")
        return f"{owner_words(key['company_id'])} {key['subject']}".strip()


def strategy_kinds() -> list[Kind]:
    """One kind for each topic."""
    return [StrategyKind(topic) for topic in topics().values()]


def decide_once(
    topic: type[Topic],
    values: Mapping[str, Any],
    *,
    source_note: str,
    company: Company | None = None,
    subject: str = "",
    bank: str = "",
    valid_from: date = date(2020, 1, 1),
    valid_to: date | None = None,
) -> DatedRow | None:
    """Lay down one row of a topic where its line has none dated from that day (a step for installations and demos)."""
    key: dict[str, Any] = {
        "company": company.pk if company else None,
        "subject": subject,
        "bank": bank,
    }
    names = {f.name for f in fields(KEYS[topic.keyed_by])}
    said = {**{name: value for name, value in key.items() if name in names}, **values}
    proposal = Proposal(
        values=said, valid_from=valid_from, valid_to=valid_to, source_note=source_note
    )
    return lay_down(kind_name=_PREFIX + topic.key, proposal=proposal)
