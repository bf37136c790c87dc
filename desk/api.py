"""What endpoints that list something share: cursor paging, its two parameters, its envelope, and days as filters."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request

from desk.keysets import Keyset, whole_number
from kernel.errors import InvalidInput


def page_parameters(size_max: int) -> list[OpenApiParameter]:
    """`after` and `limit` as the schema shows them."""
    return [
        OpenApiParameter(
            "after", OpenApiTypes.STR, description="cursor: `next` of the page before"
        ),
        OpenApiParameter("limit", OpenApiTypes.INT, description=f"1 to {size_max}"),
    ]


def page_of(row: type[serializers.Serializer[Any]]) -> serializers.Serializer[Any]:
    """The envelope of a page of these rows; `next` is empty on the last one."""
    fields = {"results": row(many=True), "next": serializers.CharField(allow_blank=True)}
    return inline_serializer(name=f"{row.__name__.removesuffix('Serializer')}Page", fields=fields)


def read_page(
    request: Request, rows: QuerySet[Any], *, order: str, size: int, size_max: int
) -> tuple[list[Any], str]:
    """The rows of the page asked for, and the cursor of the next ("" on the last). Raises InvalidInput."""
    asked, keyset = request.query_params, Keyset(rows, order)
    limit = whole_number(asked.get("limit", "") or str(size))
    if limit is None or limit < 1:
        raise InvalidInput("limit 应为正整数", "limit is a whole number above zero", field="limit")
    limit = min(limit, size_max)
    if after := asked.get("after", ""):
        values = keyset.read(after)
        if values is None:
            raise InvalidInput("after 不是有效的游标", "not a cursor", field="after")
        rows = keyset.beyond(rows, values)
    found = list(rows.order_by(*keyset.ordering())[: limit + 1])
    page = found[:limit]
    if len(found) <= limit:
        return page, ""
    return page, keyset.cursor([getattr(page[-1], name) for name in keyset.names])


def day_parameter(request: Request, name: str) -> date | None:
    """A day given as a parameter; raises InvalidInput for what is none."""
    text = request.query_params.get(name, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InvalidInput(
            f"{name} 应为日期，如 2026-11-24", f"{name} is a date", field=name
        ) from None


def number_parameter(request: Request, name: str) -> int | None:
    """A number (an id, a plain cursor) given as a parameter; raises InvalidInput for what no row could have."""
    text = request.query_params.get(name, "")
    number = whole_number(text)
    if text and number is None:
        raise InvalidInput(f"{name} 应为非负整数", f"{name} is a whole number", field=name)
    return number
