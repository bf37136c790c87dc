"""Imports end to end in the database: preview, confirm, results."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path

import pytest

from kernel import clock
from kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from masterdata import selectors as master
from masterdata.models import BankProfile, Company, CounterpartyAccount, Membership, OwnAccount
from masterdata.selectors import scope_of
from payments import results
from payments.models import ImportSet, PaymentOrder
from payments.services import imports
from tests.build_payments import World, a_world
from tests.payments.test_import_rules import COMPANIES, GOOD

SAMPLES = Path(__file__).parents[1] / "samples"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def four() -> World:
    """Head office 1000 and three subsidiaries, each with its Bank of China account; the maker makes for all of them."""
    world = a_world()
    BankProfile.objects.filter(slug="boc").update(
        field_limits={"purpose": [200, "boc"], "remark": [200, "boc"]}, forbidden={"purpose": "|"}
    )
    bank = world.account.bank
    bank.slug = "boc"
    bank.save()
    for code in ("1010", "1020", "1030"):
        company = Company.objects.create(
            code=code, name=f"样例{code}", short_name=code, parent=world.company
        )
        company.path = f"{world.company.path}{company.pk}/"
        company.save()
        OwnAccount.objects.create(
            company=company, bank=bank, cnaps="104100000004", branch_name="中国银行", number=COMPANIES[code],
            name=f"样例{code}", gl_subject="100201", connection=world.connection, is_direct_link=True,
        )  # fmt: skip
    return world


@pytest.fixture
def on_the_day() -> Iterator[clock.fixed]:
    """24 November 2026, 09:30."""
    with clock.fixed(datetime.combine(date(2026, 11, 24), time(9, 30), clock.SHANGHAI)) as fixed:
        yield fixed


def a_csv(*changes: dict[str, object]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, fieldnames=list(GOOD))
    writer.writeheader()
    writer.writerows([{**GOOD, **change} for change in changes])
    return out.getvalue().encode("utf-8")


class TestSamples:
    @pytest.mark.parametrize("folder", ["payments_250", "payments_faults"])
    @pytest.mark.parametrize("suffix", ["xlsx", "csv"])
    def test_judges_each_file_as_expected(
        self, four: World, on_the_day: clock.fixed, folder: str, suffix: str
    ) -> None:
        expected = json.loads((SAMPLES / folder / "expected.json").read_text("utf-8"))
        data = (SAMPLES / folder / f"payments.{suffix}").read_bytes()

        made = imports.preview_import(data=data, filename=f"payments.{suffix}", actor=four["maker"])

        marks = {(row["row"], mark["column"]) for row in made.rows for mark in row["faults"]}
        assert marks == {(bad["row"], bad["column"]) for bad in expected["bad_rows"]}
        assert (made.row_count, made.good_count) == (expected["rows"], expected["good_rows"])
        assert made.totals["good"] == {"CNY": expected["total"]}
        assert made.totals["per_company"] == expected["per_company"]
        assert made.totals["payees"] == expected["payees"]
        assert not PaymentOrder.objects.exists()

    def test_confirms_the_whole_list_and_stages_its_payees(
        self, four: World, on_the_day: clock.fixed
    ) -> None:
        expected = json.loads((SAMPLES / "payments_250/expected.json").read_text("utf-8"))
        data = (SAMPLES / "payments_250/payments.xlsx").read_bytes()
        made = imports.preview_import(data=data, filename="payments.xlsx", actor=four["maker"])

        imports.confirm_import(import_id=made.pk, version=made.version, actor=four["maker"])

        orders = PaymentOrder.objects.filter(import_set=made)
        assert orders.count() == 250
        assert set(orders.values_list("shown_state", flat=True)) <= {"pending_check", "held"}
        assert str(sum(order.amount for order in orders)) == expected["total"]
        staged = CounterpartyAccount.objects.filter(state="staged")
        assert staged.count() == len(made.new_payees) > 0


class TestPreview:
    def test_refuses_the_same_bytes_twice(self, four: World, on_the_day: clock.fixed) -> None:
        imports.preview_import(data=a_csv({}), filename="a.csv", actor=four["maker"])

        with pytest.raises(Conflict) as refused:
            imports.preview_import(data=a_csv({}), filename="b.csv", actor=four["maker2"])

        assert refused.value.code == "file_repeated"

    def test_takes_a_discarded_file_again(self, four: World, on_the_day: clock.fixed) -> None:
        made = imports.preview_import(data=a_csv({}), filename="a.csv", actor=four["maker"])
        imports.discard_import(import_id=made.pk, version=made.version, actor=four["maker"])

        again = imports.preview_import(data=a_csv({}), filename="a.csv", actor=four["maker"])

        assert again.state == ImportSet.State.PREVIEW

    def test_wants_the_right(self, four: World) -> None:
        with pytest.raises(NotAllowed):
            imports.preview_import(data=a_csv({}), filename="a.csv", actor=four["checker"])

    def test_names_the_columns_it_misses(self, four: World) -> None:
        with pytest.raises(InvalidInput) as refused:
            imports.preview_import(
                data="单据号,金额\nFK1,1\n".encode(), filename="a.csv", actor=four["maker"]
            )

        assert refused.value.code == "columns_missing"
        assert "收款账号" in refused.value.message

    def test_keeps_the_file_sealed(self, four: World, on_the_day: clock.fixed) -> None:
        made = imports.preview_import(data=a_csv({}), filename="a.csv", actor=four["maker"])

        assert GOOD["收款账号"].encode() not in bytes(ImportSet.objects.get(pk=made.pk).content)  # type: ignore[union-attr]

    def test_a_company_out_of_scope_looks_unknown(
        self, four: World, on_the_day: clock.fixed
    ) -> None:
        sub = Company.objects.get(code="1010")
        Membership.objects.filter(user=four["maker2"]).update(company=sub)

        made = imports.preview_import(data=a_csv({}), filename="a.csv", actor=four["maker2"])

        assert [mark["column"] for mark in made.rows[0]["faults"]] == ["公司代码"]


class TestConfirm:
    def test_a_line_that_has_an_order_is_refused_with_its_number(
        self, four: World, on_the_day: clock.fixed
    ) -> None:
        made = imports.preview_import(data=a_csv({}), filename="a.csv", actor=four["maker"])
        imports.confirm_import(import_id=made.pk, version=made.version, actor=four["maker"])

        again = imports.preview_import(
            data=a_csv({"附言": "别的"}), filename="b.csv", actor=four["maker"]
        )

        (mark,) = again.rows[0]["faults"]
        assert (mark["column"], mark["order_no"]) == ("单据号", PaymentOrder.objects.get().order_no)

    def test_a_partial_import_wants_a_reason(self, four: World, on_the_day: clock.fixed) -> None:
        data = a_csv({}, {"行号": "2", "金额": "0"})
        made = imports.preview_import(data=data, filename="a.csv", actor=four["maker"])

        with pytest.raises(InvalidInput):
            imports.confirm_import(import_id=made.pk, version=made.version, actor=four["maker"])
        imports.confirm_import(
            import_id=made.pk,
            version=made.version,
            actor=four["maker"],
            why_partial="错误行下月再付",
        )

        assert PaymentOrder.objects.count() == 1
        assert ImportSet.objects.get().why_partial == "错误行下月再付"

    def test_only_the_uploader_confirms(self, four: World, on_the_day: clock.fixed) -> None:
        made = imports.preview_import(data=a_csv({}), filename="a.csv", actor=four["maker"])

        with pytest.raises((NotAllowed, NotFound)):
            imports.confirm_import(import_id=made.pk, version=made.version, actor=four["maker2"])

    def test_refuses_a_preview_the_world_has_overtaken(
        self, four: World, on_the_day: clock.fixed
    ) -> None:
        made = imports.preview_import(data=a_csv({}), filename="a.csv", actor=four["maker"])
        on_the_day.advance(days=1)

        with pytest.raises(Conflict) as refused:
            imports.confirm_import(import_id=made.pk, version=made.version, actor=four["maker"])

        assert refused.value.code == "preview_stale"
        refreshed = imports.refresh_import(import_id=made.pk, actor=four["maker"])
        assert [mark["column"] for mark in refreshed.rows[0]["faults"]] == ["期望付款日"]
        assert not PaymentOrder.objects.exists()

    def test_holds_a_payment_that_looks_like_a_repeat(
        self, four: World, on_the_day: clock.fixed
    ) -> None:
        data = a_csv({}, {"单据号": "FK2", "发票号": "2"})
        made = imports.preview_import(data=data, filename="a.csv", actor=four["maker"])

        imports.confirm_import(import_id=made.pk, version=made.version, actor=four["maker"])

        states = sorted(PaymentOrder.objects.values_list("shown_state", flat=True))
        assert states.count("held") >= 1

    def test_sends_the_registered_name_where_the_list_spells_it_differently(
        self, four: World, on_the_day: clock.fixed
    ) -> None:
        changes = {
            "收款人编码": four.payee_code,
            "收款账号": four.payee_number,
            "收款户名": "江阴恒源化工公司",
        }
        made = imports.preview_import(data=a_csv(changes), filename="a.csv", actor=four["maker"])
        assert {m["code"] for m in made.rows[0]["warnings"]} >= {"name_differs"}

        imports.confirm_import(import_id=made.pk, version=made.version, actor=four["maker"])

        assert PaymentOrder.objects.get().payee_name == "江阴恒源化工有限公司"


class TestResults:
    def test_gives_the_same_rows_with_what_became_of_them(
        self, four: World, on_the_day: clock.fixed
    ) -> None:
        data = a_csv({}, {"行号": "2", "金额": "0"})
        made = imports.preview_import(data=data, filename="a.csv", actor=four["maker"])
        imports.confirm_import(
            import_id=made.pk, version=made.version, actor=four["maker"], why_partial="先付一笔"
        )

        _made, rows = results.result_rows(made.pk, scope=scope_of(four["maker"]))
        table = list(csv.DictReader(io.StringIO(results.result_csv(rows).decode("gb18030"))))

        assert [row["状态"] for row in table] == ["待复核", "未导入"]
        assert table[0]["收款账号"] == GOOD["收款账号"]
        assert "金额" in table[1]["原因"]
        assert results.result_xlsx(rows)[:2] == b"PK"

    def test_hides_imports_of_other_companies(self, four: World, on_the_day: clock.fixed) -> None:
        made = imports.preview_import(data=a_csv({}), filename="a.csv", actor=four["maker"])

        with pytest.raises(NotFound):
            results.result_rows(made.pk, scope=scope_of(four["checker"]))

    def test_system_scope_reads_all(self, four: World, on_the_day: clock.fixed) -> None:
        made = imports.preview_import(
            data=a_csv({"金额": "0"}), filename="a.csv", actor=four["maker"]
        )

        _made, rows = results.result_rows(made.pk, scope=master.system_scope())

        assert [row.state_name for row in rows] == ["未导入"]


def test_five_thousand_rows_are_previewed_within_ten_seconds(
    four: World, on_the_day: clock.fixed
) -> None:
    data = a_csv(*({"单据号": f"FK{n}", "收款人编码": f"V{n % 1700}"} for n in range(5000)))
    began = clock.monotonic()

    made = imports.preview_import(data=data, filename="big.csv", actor=four["maker"])

    assert made.good_count == 5000
    assert clock.monotonic() - began < 10
