"""Django column helpers shared by all apps: the only Django in the kernel."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, ClassVar, Self

import pgtrigger
from django.db import connection, models
from django.db.models import F

from kernel import clock, seal, vault
from kernel.errors import Conflict
from kernel.money import Money
from kernel.states import Flow


class StaleVersion(Conflict):
    """The row changed since the version the user saw."""

    code = "stale_version"

    def __init__(self) -> None:
        super().__init__(
            "此记录已被他人更新，请查看最新内容后再操作", "the row has changed since you saw it"
        )


class Versioned(models.Model):
    """A row edited by people: optimistic `version`, and the times it was made and last changed (kernel clock)."""

    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    updated_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        abstract = True

    def require_version(self, version: int) -> None:
        """Raise StaleVersion unless the row still has `version`."""
        if self.version != version:
            raise StaleVersion()

    def save_changes(self, fields: Sequence[str] | None = None) -> None:
        """Write the row (or only `fields`) and bump `version`; raises StaleVersion if another writer was first."""
        seen, self.version, self.updated_at = self.version, self.version + 1, clock.now()
        names = (
            [f.attname for f in self._meta.concrete_fields if not f.primary_key]
            if fields is None
            else [self._meta.get_field(name).attname for name in fields] + ["version", "updated_at"]  # type: ignore[union-attr]
        )
        values = {name: getattr(self, name) for name in names}
        manager = type(self)._base_manager
        if not manager.filter(pk=self.pk, version=seen).update(**values):
            self.version = seen
            raise StaleVersion()


class Stateful(models.Model):
    """A row with a `state` column that changes only through `move(name)` of its Flow."""

    flow: ClassVar[Flow]
    state: Any

    class Meta:
        abstract = True

    def move(self, name: str) -> None:
        """Change the state by one line of the Flow's table; raises IllegalMove. The caller saves."""
        self.state = self.flow.target(name, self.state)


def flow_trigger(flow: Flow) -> pgtrigger.Trigger:
    """The database's own copy of a Flow: an UPDATE of `state` along no declared edge is refused."""
    pairs = ", ".join(sorted(f"('{a}','{b}')" for a, b in flow.edges()))
    return pgtrigger.Trigger(
        name="flow",
        when=pgtrigger.Before,
        operation=pgtrigger.UpdateOf("state"),  # type: ignore[no-untyped-call]  # pgtrigger has no types here
        condition=pgtrigger.Q(old__state__df=pgtrigger.F("new__state")),
        func=f"""
            IF (OLD.state, NEW.state) NOT IN ({pairs}) THEN
                RAISE EXCEPTION 'illegal move % -> % of %', OLD.state, NEW.state, OLD.id USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        """,
    )


def state_column(
    states: type[StrEnum], initial: str, *, is_indexed: bool = True
) -> models.CharField[str, str]:
    """The column of a state: the enum's own words."""
    choices = [(s.value, s.value) for s in states]
    return models.CharField(max_length=24, default=initial, choices=choices, db_index=is_indexed)


def amount_column(**kwargs: Any) -> models.DecimalField[Any, Any]:
    """DECIMAL(18,2)."""
    return models.DecimalField(max_digits=18, decimal_places=2, **kwargs)


def currency_column(**kwargs: Any) -> models.CharField[str, str]:
    """Three-letter currency code, CNY unless told."""
    return models.CharField(max_length=3, default="CNY", **kwargs)


class MoneyRow(models.Model):
    """A row with one amount and its currency."""

    amount = amount_column()
    currency = currency_column()

    class Meta:
        abstract = True

    @property
    def money(self) -> Money:
        """The amount with its currency."""
        return Money(self.amount, self.currency)


def keyset_where(columns: Sequence[str], *, descending: bool) -> str:
    """SQL of a row comparison over quoted column names with %s for each value."""
    left = ", ".join(columns)
    marks = ", ".join(["%s"] * len(columns))
    return f"({left}) {'<' if descending else '>'} ({marks})"


def claim(rows: models.QuerySet[Any], **changes: Any) -> bool:
    """Conditional UPDATE that must touch exactly one row; False when somebody else was first."""
    return rows.update(**changes) == 1


def bump(model: models.Model, field: str) -> None:
    """Increase a counter column in the database, atomically."""
    type(model)._base_manager.filter(pk=model.pk).update(**{field: F(field) + 1})


class AppendOnly(models.Model):
    """Rows that are written once; the database trigger of the concrete model refuses UPDATE and DELETE."""

    class Meta:
        abstract = True

    @classmethod
    def write(cls, **values: Any) -> Self:
        """Insert one row."""
        row = cls(**values)
        row.save(force_insert=True)
        return row


class DatedRow(models.Model):
    """One version of one line of settings (see `kernel.dated`): written once, MACed, never changed.

    The concrete model names its content in `sealed_columns` and guards itself with an append-only trigger; whoever reads
    a row to obey it calls `verify` first, so that a row altered by hand stops what it rules instead of ruling it.
    """

    sealed_columns: ClassVar[tuple[str, ...]] = ()

    line = models.PositiveIntegerField()
    number = models.PositiveIntegerField(default=1)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    is_withdrawn = models.BooleanField(default=False)
    source_note = models.CharField(max_length=200)
    change_id = models.BigIntegerField(null=True)  # the StagedChange behind it; null: laid down
    created_at = models.DateTimeField(default=clock.now)
    mac = models.CharField(max_length=64)

    class Meta:
        abstract = True

    def _said(self) -> bytes:
        names = ("line", "number", "valid_from", "valid_to", "is_withdrawn", *self.sealed_columns)
        return seal.canonical({name: getattr(self, name) for name in names})

    @property
    def _purpose(self) -> str:
        return f"dated:{self._meta.label_lower}"

    def write(self) -> Self:
        """Insert the row with its MAC."""
        self.mac = seal.mac(vault.seal_key(), self._purpose, self._said())
        self.save(force_insert=True)
        return self

    def verify(self) -> Self:
        """The row itself; raises SealBroken (an InvariantBroken) when it is not what was written."""
        try:
            seal.verify_mac(vault.seal_key(), self._purpose, self._said(), self.mac)
        except seal.SealBroken:
            raise seal.SealBroken(
                f"{self._meta.label_lower} {self.pk} was changed outside the platform"
            ) from None
        return self


_SKIP_SQL = """
    SELECT setval(s.oid::regclass, coalesce(pg_sequence_last_value(s.oid::regclass), 0) + %s)
    FROM pg_class s
    JOIN pg_depend d ON d.objid = s.oid AND d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
        AND d.deptype IN ('a', 'i')
    JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid AND a.atttypid = 'int8'::regtype
    WHERE s.relkind = 'S' AND s.relnamespace = current_schema()::regnamespace
"""


def skip_ids(count: int = 1_000_000) -> None:
    """After a restore: leave out so many ids of every table, so that none told to the outside since the backup comes again.

    Posting keys, notices and messages name rows by them. Numbers with an epoch of their own are left alone.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SKIP_SQL, [count])
