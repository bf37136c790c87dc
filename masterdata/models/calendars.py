"""Working days of the clearing systems, editable; seeded from published holiday notices."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

import pgtrigger
from django.db import models

from kernel import seal, vault


class CalendarDay(models.Model):
    """A day that differs from the plain week: a holiday, or a make-up working day (调休)."""

    day = models.DateField(unique=True)
    is_working_day = models.BooleanField()
    name = models.CharField(max_length=40, blank=True)
    source_note = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["day"]

    def __str__(self) -> str:
        return f"{self.day} {'班' if self.is_working_day else '休'}"


class CalendarYear(models.Model):
    """The MAC over all special days of a year: a day altered, added or taken out behind the platform is never obeyed."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    mac = models.CharField(max_length=64)

    class Meta:
        triggers = [pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return str(self.year)

    def _said(self, days: Iterable[CalendarDay]) -> bytes:
        said = [
            [one.day, one.is_working_day, one.name] for one in sorted(days, key=lambda d: d.day)
        ]
        return seal.canonical({"year": self.year, "days": said})

    def sealed(self, days: Iterable[CalendarDay]) -> Self:
        """With the MAC over these days, which are all of the year."""
        self.mac = seal.mac(vault.seal_key(), "calendar", self._said(days))
        return self

    def verify(self, days: Iterable[CalendarDay]) -> None:
        """Raises SealBroken (an InvariantBroken) unless these are the days that were written."""
        try:
            seal.verify_mac(vault.seal_key(), "calendar", self._said(days), self.mac)
        except seal.SealBroken:
            raise seal.SealBroken(
                f"the calendar of {self.year} was changed outside the platform"
            ) from None

    @classmethod
    def agreed(cls, days: list[CalendarDay]) -> list[CalendarDay]:
        """All special days there are, if each year's are those that were written. Raises SealBroken."""
        sealed = {one.year: one for one in cls.objects.all()}
        for year in {one.day.year for one in days} | set(sealed):
            mine = sealed.get(year) or cls(year=year)
            mine.verify([one for one in days if one.day.year == year])
        return days
