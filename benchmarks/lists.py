"""GOAL 4: the list of payment orders, keyset by row comparison — page 1 beside the deepest, small table beside large, OFFSET beside both."""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable
from typing import Any

from benchmarks import rig

SIZE = 50
COMPANIES = 4
# Every order of the table is a copy of one real one; these columns differ from row to row.
CHANGED = {
    "id": "1000000 + n",
    "order_no": "'X' || n",
    "erp_doc_no": "'X' || n",
    "amount": "mod(n, 900000)::numeric / 100 + 1",
    "company_id": "(SELECT ids[1 + mod(n, {companies})] FROM companies)",
    "created_at": "timestamptz '2025-01-01' + n * interval '3 seconds'",
    "shown_state": "(ARRAY['succeeded', 'failed', 'pending_check', 'accepted'])[1 + mod(n, 4)]",
    "state": "'draft'",
    "instruction_id": "NULL",
    "approval_id": "NULL",
}


def fill(start: int, stop: int) -> None:
    """Bring the table to `stop` made-up orders, past triggers and foreign keys."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'payments_paymentorder'"
        )
        names = [name for (name,) in cursor.fetchall()]
        values = [CHANGED.get(name, f'o."{name}"').format(companies=COMPANIES) for name in names]
        columns = ", ".join(f'"{name}"' for name in names)
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            "WITH companies AS (SELECT array_agg(id) AS ids FROM masterdata_company), "
            "o AS (SELECT * FROM payments_paymentorder ORDER BY id LIMIT 1) "
            f"INSERT INTO payments_paymentorder ({columns}) "
            f"SELECT {', '.join(values)} FROM generate_series(%s, %s) AS n, o",
            [start, stop - 1],
        )
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("VACUUM ANALYZE payments_paymentorder")


class Viewer:
    """Somebody who looks at lists: the whole group, or one company."""

    def __init__(self, username: str, *, only: str = "") -> None:
        from dataclasses import replace

        from masterdata import selectors

        user = selectors.user_by_username(username)
        self.scope = selectors.scope_of(user)
        if only:
            company = selectors.company_by_code(only, scope=self.scope)
            ids = frozenset([company.pk]) if company is not None else frozenset()
            self.scope = replace(
                self.scope, company_ids=ids, rights=dict.fromkeys(self.scope.rights, ids)
            )

    def page(self, **given: str) -> Any:
        """One page of the real list, rows drawn as the browser gets them."""
        from payments.views.lists import OrderList

        listed = OrderList(scope=self.scope, given=given)
        piece = listed.slice()
        if len(listed.rows_html(piece.rows)) < 100:
            raise AssertionError("an empty page measures nothing")
        return piece

    def cursor(self, depth: int) -> str:
        """The cursor after `depth` rows, found the slow way, once."""
        from payments.views.lists import OrderList

        listed = OrderList(scope=self.scope, given={})
        names = listed.keyset.names
        return listed.keyset.cursor(listed.base(self.scope).values_list(*names)[depth])

    def offset(self, depth: int) -> None:
        """The alternative: Django's Paginator at the same depth, the same rows drawn alike."""
        from django.core.paginator import Paginator

        from payments.views.lists import OrderList

        listed = OrderList(scope=self.scope, given={})
        paths = listed._paths()
        found = Paginator(listed.base(self.scope).values_list(*paths), SIZE).page(1 + depth // SIZE)
        listed.rows_html([dict(zip(paths, row, strict=True)) for row in found])

    def either_or(self, depth: int) -> None:
        """The other alternative: a keyset worded as an OR."""
        from django.db.models import Q

        from payments.views.lists import OrderList

        listed = OrderList(scope=self.scope, given={})
        created_at, pk = self.place[depth]
        where = Q(created_at__lt=created_at) | Q(created_at=created_at, pk__lt=pk)
        list(listed.base(self.scope).filter(where).values_list(*listed._paths())[: SIZE + 1])

    place: dict[int, tuple[Any, int]] = {}

    def bare(self) -> None:
        """The limit: the same fifty rows as JSON built by PostgreSQL."""
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT json_agg(t) FROM (SELECT order_no, payee_name, payee_number, amount, currency, shown_state,"
                " created_at FROM payments_paymentorder WHERE company_id = ANY(%s)"
                " ORDER BY created_at DESC, id DESC LIMIT 50) AS t",
                [list(self.scope.company_ids)],
            )
            cursor.fetchone()


def ms(run: Callable[[], object], *, times: int = 15) -> float:
    """Median milliseconds of a warm call."""
    run()
    return statistics.median(rig.timed(run) for _ in range(times)) * 1000


def measured(viewer: Viewer, size: int, who: str) -> dict[str, float]:
    """Milliseconds of each way at this size."""
    seen = size if who == "group" else size // COMPANIES
    depth, last = seen * 2 // 5, seen - 3 * SIZE
    deep, end = viewer.cursor(depth), viewer.cursor(last)
    from payments.views.lists import OrderList

    listed = OrderList(scope=viewer.scope, given={})
    viewer.place = {depth: listed.base(viewer.scope).values_list("created_at", "pk")[depth]}
    return {
        "first": ms(viewer.page),
        "deep": ms(lambda: viewer.page(after=deep)),
        "last": ms(lambda: viewer.page(after=end)),
        "offset": ms(lambda: viewer.offset(depth), times=3),
        "or": ms(lambda: viewer.either_or(depth), times=3),
        "bare": ms(viewer.bare),
    }


def report(sizes: list[int]) -> list[rig.Line]:
    """Fill, measure, fill on, measure again."""
    found: list[rig.Line] = []
    have, first = 0, {}
    for size in sizes:
        fill(have, size)
        have = size
        for who, viewer in (
            ("group", Viewer("viewer1")),
            ("one company", Viewer("viewer1", only="1010")),
        ):
            at = measured(viewer, size, who)
            name = f"{size:,} rows, {who}"
            found += [
                rig.Line(f"{name}: page 1, 50 rows drawn", at["first"], "ms", "deep page", at["deep"],
                         at["first"] / at["deep"], 0.9),
                rig.Line(f"{name}: deep page, keyset", at["deep"], "ms", "Paginator, same depth", at["offset"],
                         at["offset"] / at["deep"]),
                rig.Line(f"{name}: deep page, keyset", at["deep"], "ms", "keyset as OR, rows not drawn", at["or"],
                         at["or"] / at["deep"]),
                rig.Line(f"{name}: last page", at["last"], "ms", "page 1", at["first"], at["first"] / at["last"], 0.9),
                rig.Line(f"{name}: page 1", at["first"], "ms", "rows as JSON by PostgreSQL", at["bare"],
                         at["bare"] / at["first"], 0.5),
            ]  # fmt: skip
            if who not in first:
                first[who] = at["deep"]
            else:
                found.append(
                    rig.Line(f"{name}: deep page", at["deep"], "ms", f"deep page of {sizes[0]:,} rows", first[who],
                             first[who] / at["deep"], 0.9)
                )  # fmt: skip
    return [*found, rig.memory("lists")]


def main() -> int:
    """In a process of its own; sizes as a comma-separated list."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", required=True)
    options = parser.parse_args()
    rig.setup_django()
    rig.tell(report([int(size) for size in options.sizes.split(",")]))
    return 0


def run(url: str, *, sizes: tuple[int, ...]) -> list[rig.Line]:
    """The whole benchmark."""
    return rig.child("benchmarks.lists", url, "--sizes", ",".join(map(str, sizes)))


if __name__ == "__main__":
    sys.exit(main())
