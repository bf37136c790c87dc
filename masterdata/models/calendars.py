"""Working days of the clearing systems, editable; seeded from published holiday notices."""

from __future__ import annotations

from django.db import models


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
