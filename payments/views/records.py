"""Lists of batches and of imports."""

from __future__ import annotations

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from desk.filters import (
    AmountRangeFilter,
    ChoiceFilter,
    CompanyFilter,
    DateRangeFilter,
    TextFilter,
)
from desk.pages import ListPage
from desk.rows import Column, Row
from kernel.scope import Scope
from payments import selectors
from payments.models import Batch, ImportSet
from payments.views.columns import accounts, companies


def batch_link(row: Row) -> str:
    """The address of a batch's page."""
    return reverse("payments:batch", args=[row["batch_no"]])


class BatchList(ListPage):
    """Batches handed to banks."""

    key, title = "payments.batches", _("付款批次")
    columns = (
        Column("batch_no", _("批次号"), kind="code", link=batch_link, is_key=True),
        Column("company__short_name", _("付款公司")),
        Column("payer_account__number", _("付款账号"), kind="account"),
        Column("connection__name", _("银行通道")),
        Column("item_count", _("笔数"), kind="number", sort="item_count"),
        Column("amount", _("金额"), kind="money", note="currency", sort="amount"),
        Column("created_at", _("组批时间"), kind="datetime", sort="created_at"),
        Column("sent_at", _("发送时间"), kind="datetime"),
    )
    filters = (
        CompanyFilter("company", _("公司"), "company_id", choices=companies),
        ChoiceFilter("account", _("付款账户"), "payer_account_id", choices=accounts),
        AmountRangeFilter("amount", _("金额")),
        DateRangeFilter("day", _("组批日期"), "created_at", moments=True),
        TextFilter("number", _("批次号"), fields=("batch_no",), exact=True),
    )
    amount, currency = "amount", "currency"
    empty_title = _("还没有批次")
    empty_hint = _("付款授权后由系统自动组批发送。")

    def base(self, scope: Scope) -> QuerySet[Batch]:
        """Batches of the viewer's companies."""
        return selectors.visible_batches(scope)

    def row_url(self, row: Row) -> str:
        """The batch's page."""
        return batch_link(row)


_IMPORT_STATE: dict[str, str] = {
    "preview": "previewed",
    "confirmed": "imported",
    "discarded": "closed",
}


class ImportList(ListPage):
    """Imports of the viewer."""

    key, title = "payments.imports", _("导入记录")
    columns = (
        Column(
            "file_name",
            _("文件"),
            link=lambda row: reverse("payments:import_preview", args=[row["pk"]]),
            is_key=True,
        ),
        Column(
            "state",
            _("状态"),
            value=lambda row: _IMPORT_STATE[row["state"]],
            kind="state",
            needs=("state",),
        ),
        Column("row_count", _("行数"), kind="number"),
        Column("good_count", _("可导入"), kind="number"),
        Column("maker__display_name", _("上传人")),
        Column("created_at", _("上传时间"), kind="datetime", sort="created_at"),
        Column("confirmed_at", _("导入时间"), kind="datetime"),
        Column(
            "sha256",
            _("文件指纹"),
            kind="code",
            value=lambda row: row["sha256"][:12],
            needs=("sha256",),
        ),
    )
    filters = (DateRangeFilter("day", _("上传日期"), "created_at", moments=True),)
    empty_title = _("还没有导入过付款清单")

    def base(self, scope: Scope) -> QuerySet[ImportSet]:
        """Imports the viewer made or sees orders of."""
        return selectors.visible_imports(scope)
