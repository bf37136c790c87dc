"""Settings that are versioned and dated: one person proposes a version, another decides, and a row is written for good."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max, QuerySet
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from audit.services import record
from kernel import clock, seal
from kernel.dated import in_force
from kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound, require
from kernel.orm import DatedRow
from kernel.scope import Scope
from masterdata import selectors
from masterdata.models import Company, StagedChange, User
from masterdata.services.staging import stage
from masterdata.typed import Values, Words

PROPOSE, DECIDE = "strategy.propose", "strategy.decide"


@dataclass(frozen=True)
class Usage:
    """How far a row is used up in its present period."""

    used: Decimal
    reserved: Decimal
    left: Decimal
    percent: int


class Kind:
    """One table of dated settings: how its rows are read, told apart, and kept from contradicting each other."""

    name: str = ""  # StagedChange.kind
    title: Words = ""
    values: type[Values] = Values
    about: Words = ""
    nothing: Words = ""  # what holds where nobody set anything
    without: Words = _("默认值")  # the same in a word
    links: tuple[tuple[Words, str], ...] = ()  # further pages: label, url name
    keys: tuple[str, ...] = ()  # fields that never change along a line
    columns: tuple[str, ...] = ()  # fields with a column of their own; the others are told together

    def rows(self) -> QuerySet[Any]:
        """Every version of every line, system-wide."""
        raise TypeError(f"{type(self).__name__} names no rows")

    def blank(self, values: Values) -> DatedRow:
        """An unwritten row with the columns of these values."""
        raise TypeError(f"{type(self).__name__} writes no rows")

    def raw(self, row: Any) -> dict[str, Any]:
        """What a row says, as `values.read` takes it."""
        raise TypeError(f"{type(self).__name__} reads no rows")

    def line_of(self, values: Values) -> int | None:
        """The line these values belong to by their key; None where every proposal without a line opens a new one."""
        return None

    def clash(
        self, values: Values, *, first: date, last: date | None, others: Sequence[Any]
    ) -> None:
        """Raise Conflict where the values contradict rows of other lines dated for the same days."""

    def company_of(self, values: Values) -> int | None:
        """The company whose people decide; None for the group."""
        return getattr(values, "company", None)

    def headline(self, values: Values) -> str:
        """What the proposal is about, in a few words."""
        return str(self.title)

    def identity(self, values: Values) -> str:
        """What stands for a line not yet written, so that two people do not propose it at once."""
        return f"new:{seal.digest(seal.canonical(values.written()))[:24]}"

    def check(self, values: Values) -> None:
        """Refuse values that name what does not exist; raises InvalidInput."""

    def usage(self, rows: Sequence[Any], day: date) -> dict[int, Usage]:
        """How far each row is used on `day`, by row id; nothing for settings that are not used up."""
        return {}


@cache
def kinds() -> dict[str, Kind]:
    """Every kind of dated settings by name: the topics of the strategy, and the tables the settings name."""
    found: list[Kind] = []
    for path in settings.DATED_KINDS:
        made = import_string(path)
        found += made() if callable(made) else [made]
    return {kind.name: kind for kind in found}


def kind_named(name: str) -> Kind:
    """The kind; raises NotFound."""
    found = kinds().get(name)
    if found is None:
        raise NotFound("kind of settings")
    return found


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A version as a person proposes it; without a line it opens one, or continues the line of its key."""

    values: Mapping[str, Any]
    valid_from: date
    source_note: str
    valid_to: date | None = None
    line: int | None = None
    is_withdrawn: bool = False


def demand(scope: Scope, right: str, company_id: int | None) -> None:
    """Raise NotAllowed unless the viewer holds the right there; what rules the whole group wants it for every company."""
    if company_id is not None:
        scope.demand(right, company_id)
        return
    everything = set(Company.objects.values_list("pk", flat=True))
    if not scope.is_system and not everything <= scope.companies_with(right):
        raise NotAllowed(
            "全集团的设置只能由对所有公司负责的管理员办理",
            f"{right} is wanted for every company",
            code="right_missing",
        )


def may_propose(scope: Scope, company_id: int | None) -> bool:
    """Whether the viewer may propose settings for the company, or the whole group."""
    try:
        demand(scope, PROPOSE, company_id)
    except NotAllowed:
        return False
    return True


def _lock(kind: Kind) -> None:
    """One writer of the kind's table at a time, until the transaction ends."""
    table = kind.rows().model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"dated:{table}"])


def _checked(kind: Kind, proposal: Proposal, earliest: date) -> tuple[Values, int | None, date]:
    values = kind.values.read(proposal.values)
    values.check_choices()
    kind.check(values)
    if len(proposal.source_note.strip()) < 2:
        raise InvalidInput(
            "请填写依据（文号、会议或审批单）", "a source is wanted", field="source_note"
        )
    line = kind.line_of(values) if proposal.line is None else proposal.line
    versions = list(kind.rows().filter(line=line)) if line is not None else []
    if proposal.line is not None:
        _demand_same_line(kind, values, versions)
    if proposal.is_withdrawn and not versions:
        raise Conflict("没有可撤销的设置", "there is nothing to withdraw")
    first = max(proposal.valid_from, earliest)
    if proposal.valid_to is not None and proposal.valid_to < first:
        raise InvalidInput(
            "失效日期不能早于生效日期", "the end lies before the start", field="valid_to"
        )
    if not proposal.is_withdrawn:
        others = [row for row in kind.rows() if row.line != line]
        kind.clash(values, first=first, last=proposal.valid_to, others=others)
    return values, line, first


def _demand_same_line(kind: Kind, values: Values, versions: Sequence[Any]) -> None:
    if not versions:
        raise NotFound("line of settings")
    told = kind.values.read(kind.raw(versions[-1]))
    for name in kind.keys:
        if getattr(told, name) != getattr(values, name):
            label = kind.values.specs()[name].label
            raise InvalidInput(
                f"「{label}」不能修改，请另建一项", f"{name} never changes along a line", field=name
            )


def present(kind: Kind, line: int | None, day: date) -> Any | None:
    """The version of a line in force on `day`, if any."""
    if line is None:
        return None
    return next(iter(in_force(kind.rows().filter(line=line), day)), None)


@transaction.atomic(durable=True)
def propose(*, kind_name: str, proposal: Proposal, actor: User) -> StagedChange:
    """Propose a version; another natural person decides on it.

    Raises NotFound, NotAllowed, InvalidInput (which field, what was expected), Conflict (a proposal of the line waits,
    nothing would change, or it contradicts another line).
    """
    kind = kind_named(kind_name)
    scope = selectors.scope_of(actor)
    _lock(kind)
    values, line, first = _checked(kind, proposal, clock.today())
    company_id = kind.company_of(values)
    if company_id is not None and company_id not in scope.company_ids and not scope.is_system:
        raise NotFound("company")
    demand(scope, PROPOSE, company_id)
    before = present(kind, line, first)
    told = {**values.written(), "is_withdrawn": proposal.is_withdrawn}
    if before is not None and proposal.valid_to is None and told == _told(kind, before):
        raise InvalidInput("没有任何修改", "nothing changed")
    after = {
        "line": line,
        "valid_from": proposal.valid_from.isoformat(),
        "valid_to": proposal.valid_to and proposal.valid_to.isoformat(),
        "source_note": proposal.source_note.strip()[:200],
        "is_withdrawn": proposal.is_withdrawn,
        "values": values.written(),
    }
    return stage(
        kind.name,
        subject_id=kind.identity(values) if line is None else line,
        company_id=company_id,
        title=_title(kind, values, proposal, before),
        before={} if before is None else {"number": before.number, "values": _said(kind, before)},
        after=after,
        actor=actor,
    )


def _said(kind: Kind, row: Any) -> dict[str, Any]:
    return kind.values.read(kind.raw(row)).written()


def _told(kind: Kind, row: Any) -> dict[str, Any]:
    return {**_said(kind, row), "is_withdrawn": row.is_withdrawn}


def _title(kind: Kind, values: Values, proposal: Proposal, before: Any | None) -> str:
    verb = "撤销" if proposal.is_withdrawn else "修改" if before is not None else "新增"
    return f"{verb}{kind.title}：{kind.headline(values)}"


def proposal_of(change: StagedChange) -> Proposal:
    """What a staged change of a dated kind proposes."""
    said = change.after
    return Proposal(
        values=said["values"],
        valid_from=date.fromisoformat(said["valid_from"]),
        valid_to=date.fromisoformat(said["valid_to"]) if said["valid_to"] else None,
        source_note=said["source_note"],
        line=said["line"],
        is_withdrawn=said["is_withdrawn"],
    )


def version_of(kind: Kind, proposal: Proposal, *, earliest: date) -> DatedRow:
    """The row a proposal would become, not written; it rules from its own day on, at the earliest from `earliest`.

    Raises what `propose` raises of values and contradictions.
    """
    values, line, first = _checked(kind, proposal, earliest)
    row = kind.blank(values)
    newest = kind.rows().model._default_manager.aggregate(line=Max("line"))["line"] or 0
    row.line = newest + 1 if line is None else line
    last = kind.rows().filter(line=row.line).aggregate(number=Max("number"))["number"] or 0
    row.number = last + 1
    row.valid_from, row.valid_to = first, proposal.valid_to
    row.is_withdrawn, row.source_note = proposal.is_withdrawn, proposal.source_note.strip()[:200]
    return row


def apply(change: StagedChange) -> DatedRow:
    """Write the version an accepted change proposes (a step); it rules from its day on, at the earliest from today.

    Raises Conflict where it contradicts what was decided since.
    """
    kind = kind_named(change.kind)
    _lock(kind)
    row = version_of(kind, proposal_of(change), earliest=clock.today())
    row.change_id = change.pk
    return row.write()


def lay_down(*, kind_name: str, proposal: Proposal) -> DatedRow | None:
    """Write a version without a second person: an installation's first day and its demo (a step); it may be dated back.

    Answers None, and writes nothing, where its line already has a version dated from that day.
    """
    require(transaction.get_connection().in_atomic_block, "settings are laid down in a transaction")
    kind = kind_named(kind_name)
    _lock(kind)
    row = version_of(kind, proposal, earliest=date.min)
    if kind.rows().filter(line=row.line, valid_from=row.valid_from).exists():
        return None
    row.write()
    said = kind.values.read(proposal.values).written()
    record(f"masterdata.{kind.name}.laid_down", actor=None, subject=row, after=said)
    return row


def persons_behind(change_id: int | None) -> tuple[str, ...]:
    """The natural persons who proposed and decided the change behind a version. System look-up."""
    change = StagedChange.objects.filter(pk=change_id or 0).first()
    people = () if change is None else (change.made_by, change.decided_by)
    return tuple(one.person_key for one in people if one is not None)
