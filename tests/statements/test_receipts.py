"""Electronic receipts: which entry each proves, what a day wants, who may have the files, prints and packs."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.urls import reverse

from audit.models import Entry
from desk.models import ExceptionCase, Job
from kernel import clock
from kernel.errors import InvalidInput
from masterdata import selectors as masterdata
from masterdata.roles import Role
from statements import receipt_selectors
from statements.models import BankReceipt, ReceiptDay
from statements.receipt_rules import Counted, Paper, Posted, balanced, judge, pair
from statements.services import packs, record_entries
from statements.services import receipts as services
from tests import build
from tests.statements.rows import DAY, a_line, a_receipt, an_account

PDF = b"%PDF-1.7 a receipt"


@pytest.fixture(autouse=True)
def files(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path


def paper(number: int, amount: str | None = "10.00", **values) -> Paper:
    given = {"day": DAY, "currency": "CNY", "direction": "", "bank_serial": "", "counterparty_account": ""}  # fmt: skip
    told = None if amount is None else Decimal(amount)
    return Paper(id=number, amount=told, **(given | values))


def posted(number: int, amount: str = "10.00", **values) -> Posted:
    given = {"day": DAY, "currency": "CNY", "direction": "debit", "bank_serial": f"S{number}", "counterparty_account": ""}  # fmt: skip
    return Posted(id=number, amount=Decimal(amount), **(given | values))


def tied(papers, entries) -> dict[int, tuple[int, str]]:
    return {one.receipt_id: (one.entry_id, one.rule) for one in pair(papers, entries)}


class TestPair:
    def test_the_banks_serial_goes_first(self):
        assert tied([paper(1, None, bank_serial="S2")], [posted(1), posted(2)]) == {
            1: (2, "serial")
        }

    def test_a_part_of_our_serial_is_enough_where_it_is_alone(self):
        assert tied([paper(1, bank_serial="B")], [posted(1, bank_serial="A-B")]) == {
            1: (1, "serial")
        }

    def test_a_serial_with_another_amount_ties_nothing(self):
        assert tied([paper(1, "11.00", bank_serial="S1")], [posted(1)]) == {}

    def test_equal_amounts_are_told_apart_by_the_other_side(self):
        papers = [paper(n, direction="debit", counterparty_account=f"{n}") for n in (1, 2)]
        entries = [posted(n, counterparty_account=f"{3 - n}") for n in (1, 2)]

        assert tied(papers, entries) == {1: (2, "party"), 2: (1, "party")}

    def test_twins_stay_open_but_none_is_wanting(self):
        papers, entries = [paper(1), paper(2)], [posted(1), posted(2)]

        assert tied(papers, entries) == {}
        assert balanced(papers, entries) == 2

    def test_an_amount_alone_on_both_sides_ties_within_its_day(self):
        assert tied([paper(1)], [posted(1)]) == {1: (1, "amount")}
        assert tied([paper(1, day=date(2026, 11, 23))], [posted(1)]) == {}

    def test_the_other_direction_ties_nothing(self):
        assert tied([paper(1, direction="credit")], [posted(1)]) == {}


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        ({"entries": 3, "proven": 3}, "complete"),
        ({"entries": 3, "proven": 2}, "missing"),
        ({"entries": 3, "proven": 2, "is_past": False}, "waiting"),
        ({"entries": 3, "proven": 0, "is_covered": True}, "complete"),
        ({"entries": 1, "proven": 1, "stray": 1}, "stray"),
        ({"entries": 0, "proven": 0, "stray": 1, "lists_entries": False}, "complete"),
        ({"entries": 1, "proven": 1, "without_file": 1}, "no_file"),
    ],
)
def test_a_day_wants_what_is_not_there(facts, status):
    given = {"stray": 0, "without_file": 0, "is_covered": False, "is_past": True}

    assert judge(Counted(**(given | facts))) == status


@pytest.mark.django_db(transaction=True)
class TestLinkAndCheck:
    def test_a_receipt_follows_its_entry_to_the_version_in_force(self):
        account = an_account()
        record_entries(account_id=account.pk, lines=[a_line("S1", "10.00")])
        receipt = a_receipt(account, amount=Decimal("10.00"), bank_serial="S1")
        self.look(account)
        receipt.refresh_from_db()
        first = receipt.entry

        record_entries(account_id=account.pk, lines=[a_line("S1", "10.00", narrative="更正")])
        self.look(account)

        receipt.refresh_from_db()
        assert first.revision == 1
        assert (receipt.entry.revision, receipt.link_rule) == (2, "serial")

    def test_one_told_otherwise_is_audited_and_looked_for_anew(self):
        account = an_account()
        record_entries(account_id=account.pk, lines=[a_line("S1", "10.00")])
        a_receipt(account, amount=Decimal("10.00"), bank_serial="S1")
        self.look(account)

        receipt = a_receipt(account, amount=Decimal("12.00"), bank_serial="S1")
        (day,) = self.look(account)

        assert receipt.entry is None
        assert Entry.objects.filter(event="statements.receipt.amended").count() == 1
        assert (day.missing, day.stray, day.status) == (1, 1, "missing")

    def test_the_case_of_a_day_closes_once_nothing_is_wanting(self):
        account = an_account()
        record_entries(account_id=account.pk, lines=[a_line("S1", "10.00")])
        cases = ExceptionCase.objects.filter(kind="statements.receipts.missing", closed_at=None)

        with clock.fixed(datetime(2026, 11, 26, 9, tzinfo=clock.SHANGHAI)):
            look = {"account_id": account.pk, "days": [DAY], "lists_entries": True}
            services.link_and_check(**look)
            assert cases.count() == 1
            for number, amount in (("HD1", "10.00"), ("HD2", "7.00")):
                a_receipt(account, number, amount=Decimal(amount), gives_files=False)
            (day,) = services.link_and_check(**look)

        assert (day.status, cases.count()) == ("stray", 0)

    def test_many_days_are_counted_in_as_many_statements_as_one(self, django_assert_num_queries):
        account = an_account()
        days = [DAY - timedelta(days=n) for n in range(20)]
        lines = [a_line(f"S{n}", f"{n + 1}.00", day=day) for n, day in enumerate(days)]
        record_entries(account_id=account.pk, lines=lines)

        for some in (days[:1], days):
            with django_assert_num_queries(4):
                told = receipt_selectors.count_days(
                    account.pk, some, today=DAY + timedelta(days=9), lists_entries=True
                )
            assert [counted.missing for counted, _ in told.values()] == [1] * len(some)

    def test_a_file_is_named_as_folders_of_any_machine_take_it(self):
        receipt = a_receipt(an_account(), "..\\..\\HD/1:2", file=PDF)

        assert services.named(receipt).endswith("_..-..-HD-1-2.pdf")

    def test_a_file_once_stored_is_never_another(self):
        receipt = a_receipt(an_account(), file=PDF)

        again = services.keep_file(receipt_id=receipt.pk, data=b"%PDF other", exchange_id=None)

        assert again.file_id == receipt.file_id
        with pytest.raises(Exception, match="file_stays"), transaction.atomic():
            BankReceipt.objects.filter(pk=receipt.pk).update(file=None)

    @staticmethod
    def look(account) -> list[ReceiptDay]:
        with later():
            return services.link_and_check(account_id=account.pk, days=[DAY], lists_entries=True)


def later() -> clock.fixed:
    """The morning after."""
    return clock.fixed(datetime(2026, 11, 25, 9, tzinfo=clock.SHANGHAI))


@pytest.mark.django_db(transaction=True)
class TestPages:
    @pytest.fixture
    def account(self):
        return an_account()

    @pytest.fixture
    def desk(self, client, account):
        self.people = {
            role.value: build.a_user(role, company=account.company)
            for role in (Role.RECONCILER, Role.CHECKER)
        }
        client.force_login(self.people["recon_accountant"])
        return client

    def test_the_entry_shows_its_receipt_and_the_file_comes_as_it_is(self, desk, account):
        recorded = record_entries(account_id=account.pk, lines=[a_line("S1", "10.00")])
        receipt = a_receipt(account, amount=Decimal("10.00"), bank_serial="S1", file=PDF)
        services.link_and_check(account_id=account.pk, days=[DAY], lists_entries=True)

        entry = desk.get(reverse("statements:entry", args=[recorded.new_ids[0]]))
        listed = desk.get(reverse("statements:entries"), {"receipt": "True"})
        missing = desk.get(reverse("statements:entries"), {"receipt": "False"})
        shown = desk.get(reverse("statements:receipt_file", args=[receipt.pk]), {"open": "1"})
        kept = desk.get(reverse("statements:receipt_file", args=[receipt.pk]))

        url = reverse("statements:receipt", args=[receipt.pk])
        assert url in entry.content.decode()
        assert url in listed.content.decode()
        assert url not in missing.content.decode()
        assert (shown.content, shown["Content-Type"]) == (PDF, "application/pdf")
        assert kept["Content-Disposition"].startswith("attachment")
        assert Entry.objects.filter(event="statements.receipt.read").count() == 2

    def test_prints_are_counted_with_who_printed(self, desk, account):
        receipt = a_receipt(account, file=PDF)

        for _ in range(2):
            desk.post(reverse("statements:receipt_print", args=[receipt.pk]))

        receipt.refresh_from_db()
        assert (receipt.print_count, receipt.printed_by) == (2, self.people["recon_accountant"])
        page = desk.get(reverse("statements:receipts"), {"printed": "yes"})
        assert receipt.receipt_no in page.content.decode()

    def test_whoever_may_not_read_files_sees_the_receipt_only(self, desk, account):
        receipt = a_receipt(account, file=PDF)
        desk.force_login(self.people["checker"])

        page = desk.get(reverse("statements:receipt", args=[receipt.pk]))
        file = desk.get(reverse("statements:receipt_file", args=[receipt.pk]))

        assert page.status_code == 200
        assert reverse("statements:receipt_file", args=[receipt.pk]) not in page.content.decode()
        assert file.status_code == 403

    def test_a_pack_holds_every_file_and_a_list_of_what_is_not_there(self, desk, account):
        here, away = a_receipt(account, "HD1", file=PDF), a_receipt(account, "=HD2")
        answer = desk.post(
            reverse("statements:receipt_pack"), {"ids": [str(here.pk), str(away.pk)]}
        )
        job = Job.objects.get(kind="receipt_pack")
        assert answer["Location"] == reverse("desk:job", args=[job.pk])

        packs.make_waiting()

        result = desk.get(reverse("desk:job_result", args=[job.pk]))
        with zipfile.ZipFile(io.BytesIO(result.content)) as archive:
            assert archive.read(f"{account.number}/{services.named(here)}") == PDF
            index = archive.read("index.csv").decode("utf-8-sig")
        assert ",'=HD2," in index, "no text of a bank is a formula"

    def test_a_pack_of_nothing_is_refused(self, desk, account):
        row = a_receipt(account)
        scope = masterdata.scope_of(self.people["recon_accountant"])

        with pytest.raises(InvalidInput):
            packs.ask_for_pack(
                receipt_ids=[row.pk], actor=self.people["recon_accountant"], scope=scope
            )

    def test_what_is_missing_stands_on_the_completeness_pages(self, desk, account):
        record_entries(account_id=account.pk, lines=[a_line("S1", "10.00"), a_line("S2", "9.00")])
        a_receipt(account, amount=Decimal("10.00"), bank_serial="S1", gives_files=False)
        with later():
            services.link_and_check(account_id=account.pk, days=[DAY], lists_entries=True)

            page = desk.get(
                reverse("statements:completeness_account", args=[account.pk]), {"month": "2026-11"}
            ).content.decode()
            overview = desk.get(reverse("statements:completeness"), {"month": "2026-11"})

        assert "receipt=False" in page
        assert account.number[-4:] in overview.content.decode()
        assert receipt_selectors.wanting_days(account.pk, first=DAY, last=DAY) == {DAY}
