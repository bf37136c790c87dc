"""Statement files through preview and import: what a preview says is what the import does, all of it or nothing."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.forms import model_to_dict

from audit.models import Entry
from desk.models import ExceptionCase, UploadedFile
from desk.services import SameFile
from kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from masterdata.roles import Role
from statements import selectors, services
from statements.models import Balance, BankStatement, DayClose, StatementEntry
from statements.services import paths, uploads
from statements.services.uploads import Wish
from tests.build import a_user
from tests.statements.files import E, camt_file, mt940_file, statement_xml
from tests.statements.rows import a_company, a_line, an_account

DAY = date(2026, 11, 20)  # before the day of the clock: it is closed
NUMBER = "440012345678"


@pytest.fixture
def account(db, frozen_clock):
    return an_account(NUMBER)


@pytest.fixture
def person(account):
    return a_user(Role.RECONCILER, company=account.company)


def preview(person, data, name="statement.xml", **wish):
    data = data.encode() if isinstance(data, str) else data
    return uploads.preview_file(data=data, filename=name, actor=person, wish=Wish(**wish))


def take(person, data, name="statement.xml", why="", **wish):
    file = preview(person, data, name, **wish)
    return file, uploads.confirm_file(file_id=file.pk, actor=person, why=why)


def a_camt(*entries, day=DAY, opening="1000.00", closing=None, number=12, **values):
    entries = [
        E(amount, f"S{n}-{number}", day=str(day)) if isinstance(amount, str) else amount
        for n, amount in enumerate(entries)
    ]
    total = Decimal(opening) + sum((Decimal(one.amount) for one in entries), Decimal(0))
    return camt_file(
        statement_xml(entries, opening=opening, closing=closing or f"{total}", number=number,
                      first=str(day), last=str(values.pop("last", day)), **values)
    )  # fmt: skip


class TestPreview:
    def test_says_what_the_import_will_do_and_does_none_of_it(self, account, person):
        file = preview(person, a_camt("100.00", "-40.00"))

        (found,) = file.preview["statements"]
        assert (found["account"], found["new"], found["count"]) == (NUMBER, 2, 2)
        assert (found["opening"], found["closing"]) == ("1000.00", "1060.00")
        assert (found["credits"], found["debits"], found["findings"], found["days"]) == (
            "100.00",
            "40.00",
            [],
            [],
        )
        for model in (StatementEntry, BankStatement, DayClose, Balance):
            assert not model.objects.exists()

    @pytest.mark.parametrize(
        ("values", "code"),
        [
            ({"closing": "1061.00"}, "sum"),
            ({"opening": "900.00", "number": 15}, "opening"),
            ({"number": 15}, "number"),
        ],
    )
    def test_names_what_does_not_fit(self, account, person, values, code):
        take(person, a_camt("10.00", day=DAY - timedelta(days=1), opening="990.00", number=11))

        file = preview(person, a_camt("100.00", "-40.00", **values))

        codes = [found for found, _ in file.preview["statements"][0]["findings"]]
        assert code in codes
        assert uploads.is_questionable(file.preview)

    @pytest.mark.parametrize(
        ("data", "name", "code"),
        [
            (b"%PDF-1.7", "a.pdf", "file_kind"),
            (b"<?xml version='1.0'?><x/>", "a.xml", "file_kind"),
            (a_camt("1.00", account="999999"), "a.xml", "account_unknown"),
            (a_camt("1.005", closing="1.00"), "a.xml", "entry_faulty"),
            (a_camt(E("1.00", "A", day="2026-02-30")), "a.xml", "entry_unreadable"),
            (b":20:x\n:25:1\n", "a.txt", "account_unknown"),
        ],
    )
    def test_refuses_what_it_cannot_take(self, account, person, data, name, code):
        with pytest.raises(InvalidInput) as refusal:
            preview(person, data, name)

        assert refusal.value.code == code

    @pytest.mark.parametrize(
        ("data", "name", "code", "row", "words"),
        [
            (a_camt("1.00", "2.00")[:-120], "a.xml", "file_cut", None, "文件不完整"),
            (a_camt("1.00").replace(b">1.00<", b">l.OO<"), "a.xml", "entry_unreadable", 1, "金额无法识别.*1234.56"),
            (a_camt(E("1.00", "A"), E("1.00", "B", day="2026-02-30")), "a.xml", "entry_unreadable", 2, "记账日期无法识别.*2026-11-30"),
            (a_camt("1.00").replace(b"CRDT</CdtDbtInd><Sts>", b"XXXX</CdtDbtInd><Sts>"), "a.xml", "entry_faulty", 1, "应为 CRDT（收）或 DBIT（付）"),
            (mt940_file([("261124C1,00NTRFX//A", ""), ("261124C1.0.0NTRFX//B", "")]).encode(), "a.sta", "entry_unreadable", 2, "应为例如 :61:"),
            (mt940_file([("261324C1,00NTRFX//A", "")]).encode(), "a.sta", "entry_unreadable", 1, "日期「261324」不正确.*261130"),
            (mt940_file([("261124C1,00NTRFX//A", "")]).replace(":62F:", "").encode(), "a.sta", "file_cut", None, "期末余额（:62F:）"),
            (a_camt("1.00", day=date(2036, 11, 20)), "a.xml", "file_future", None, "2036-11-20 晚于今天"),
        ],
    )  # fmt: skip
    def test_says_of_a_faulty_file_which_line_which_field_and_what_was_expected(
        self, account, person, data, name, code, row, words
    ):
        with pytest.raises(InvalidInput, match=words) as refusal:
            preview(person, data, name)

        assert (refusal.value.code, refusal.value.row) == (code, row)
        assert not StatementEntry.objects.exists()

    def test_shows_a_day_whose_running_balance_does_not_hold(self, account, person):
        data = (
            "交易日期,收入,支出,余额,流水号\n2026-11-20,1.00,,1001,A1\n2026-11-20,2.00,,1009,A2\n"
        )

        file = preview(person, data, "a.csv", account_id=account.pk)

        ((day, status, words),) = file.preview["statements"][0]["days"]
        assert (day, status) == ("2026-11-20", "broken")
        assert "逐笔余额不连续" in words
        uploads.confirm_file(file_id=file.pk, actor=person, why="银行确认")
        assert "逐笔余额不连续" in ExceptionCase.objects.get(kind="statements.day.differs").title

    def test_refuses_another_currency(self, account, person):
        data = a_camt("1.00").replace(b'Ccy="CNY"', b'Ccy="USD"')

        with pytest.raises(InvalidInput, match="币种是 CNY"):
            preview(person, data)

    def test_an_account_of_another_company_is_none_of_ours(self, account, person):
        an_account("440099999999", company=a_company("9999"))

        with pytest.raises(InvalidInput) as refusal:
            preview(person, a_camt("1.00", account="440099999999"))

        assert refusal.value.code == "account_unknown"

    def test_wants_the_right(self, account):
        with pytest.raises(NotAllowed):
            preview(a_user(Role.MAKER, company=account.company), a_camt("1.00"))

    def test_names_every_faulty_row_and_column_of_a_sheet(self, account, person):
        data = "交易日期,收入,支出,余额,对方户名\n2026-13-01,1.00,,,a\n2026-11-20,x,,,b\n2026-11-20,1.00,2.00,,c\n2026-11-20,,,,d\n"

        file = preview(person, data, "a.csv", account_id=account.pk)

        assert [(row, column) for row, column, _ in file.preview["faults"]] == [
            (2, "交易日期"), (3, "收入"), (4, "收入"), (5, "收入"),
        ]  # fmt: skip
        with pytest.raises(InvalidInput):
            uploads.confirm_file(file_id=file.pk, actor=person)


class TestConfirm:
    def test_stores_entries_balance_statement_and_checked_day(self, account, person):
        _file, (row,) = take(person, a_camt("100.00", "-40.00"))

        assert (row.entry_count, row.new_count, row.closing) == (2, 2, Decimal("1060.00"))
        assert StatementEntry.objects.filter(
            source="camt053", direction="debit"
        ).get().amount == Decimal("40.00")
        day = DayClose.objects.get(day=DAY)
        assert (day.status, day.opening, day.closing) == (
            "complete",
            Decimal("1000.00"),
            Decimal("1060.00"),
        )
        assert selectors.day_balance(account.pk, DAY) == Decimal("1060.00")
        assert Entry.objects.filter(event="statements.file.imported").count() == 1

    def test_takes_a_file_once(self, account, person):
        file, _ = take(person, a_camt("1.00"))

        with pytest.raises(Conflict):
            uploads.confirm_file(file_id=file.pk, actor=person)
        with pytest.raises(SameFile):
            preview(person, a_camt("1.00"))

    def test_belongs_to_who_sent_it_in(self, account, person):
        file = preview(person, a_camt("1.00"))

        with pytest.raises(NotFound):
            uploads.confirm_file(
                file_id=file.pk, actor=a_user(Role.RECONCILER, company=account.company)
            )

    def test_wants_a_reason_where_something_does_not_fit(self, account, person):
        data = a_camt("1.00", closing="7.00")
        with pytest.raises(InvalidInput, match="原因"):
            take(person, data)
        uploads.drop_file(file_id=UploadedFile.objects.get().pk, actor=person)

        take(person, data, why="银行更正中")

        day = DayClose.objects.get()
        assert (day.status, day.findings) == ("broken", ["sum"])
        assert (
            ExceptionCase.objects.filter(kind="statements.day.differs", closed_at=None).count() == 1
        )

    def test_what_the_preview_did_not_show_is_not_taken_in_unseen(self, account, person):
        file = preview(
            person, a_camt("7.00", day=DAY + timedelta(days=1), opening="1005.00", number=13)
        )
        take(person, a_camt("6.00"))

        for why in ("", "已核对"):
            with pytest.raises(uploads.PreviewStale, match="1,005"):
                uploads.confirm_file(file_id=file.pk, actor=person, why=why)
        assert BankStatement.objects.count() == 1
        uploads.renew(file_id=file.pk, actor=person)
        with pytest.raises(InvalidInput, match="原因"):
            uploads.confirm_file(file_id=file.pk, actor=person)
        assert uploads.confirm_file(file_id=file.pk, actor=person, why="银行更正中")

    def test_days_follow_each_other_over_files(self, account, person):
        take(person, a_camt("5.00"))
        take(person, a_camt("7.00", day=DAY + timedelta(days=1), opening="1005.00", number=13))

        rows = list(DayClose.objects.order_by("day").values_list("opening", "closing", "status"))
        assert rows == [
            (Decimal("1000.00"), Decimal("1005.00"), "complete"),
            (Decimal("1005.00"), Decimal("1012.00"), "complete"),
        ]

    def test_days_inside_one_statement_are_checked_one_by_one(self, account, person):
        entries = [E("5.00", "A", day="2026-11-18"), E("-2.00", "B", day="2026-11-20")]
        take(
            person,
            camt_file(
                statement_xml(entries, closing="1003.00", first="2026-11-18", last="2026-11-20")
            ),
        )

        rows = list(DayClose.objects.order_by("day").values_list("opening", "closing", "status"))
        assert rows == [
            (Decimal("1000.00"), Decimal("1005.00"), "complete"),
            (Decimal("1005.00"), Decimal("1005.00"), "complete"),
            (Decimal("1005.00"), Decimal("1003.00"), "complete"),
        ]

    def test_a_missing_statement_breaks_the_next_day_until_it_comes(self, account, person):
        take(person, a_camt("1.00", day=DAY, number=12))
        take(
            person,
            a_camt("1.00", day=DAY + timedelta(days=2), opening="1002.00", number=14),
            why="13 号未到",
        )
        late = DayClose.objects.get(day=DAY + timedelta(days=2))
        assert (late.status, late.findings) == ("broken", ["number"])
        assert "第 13 号" in late.note

        take(person, a_camt("1.00", day=DAY + timedelta(days=1), opening="1001.00", number=13))

        late.refresh_from_db()
        assert late.status == "complete"

    def test_the_same_statement_again_adds_nothing(self, account, person):
        take(person, a_camt("100.00", "-40.00"))
        again = a_camt("100.00", "-40.00").replace(b"M1", b"M2")  # the bank sends it anew

        _file, (row,) = take(person, again)

        assert (row.new_count, row.amended_count) == (0, 0)
        assert StatementEntry.objects.count() == 2

    def test_an_amended_day_keeps_both_versions_and_opens_a_case(self, account, person):
        take(person, a_camt("100.00"))

        take(person, a_camt("90.00"), why="银行更正")

        day = DayClose.objects.get()
        assert (StatementEntry.objects.count(), day.status, day.amended_count) == (2, "amended", 1)
        assert day.closing == Decimal("1090.00")
        assert ExceptionCase.objects.filter(kind="statements.entry.amended").count() == 1

    def test_what_the_bank_link_told_already_is_known_whatever_its_words(self, account, person):
        lines = [
            a_line("S0-12", "100.00", direction="credit", day=DAY, narrative="来账"),
            a_line("S1-12", "40.00", day=DAY, narrative="货款"),
        ]
        services.record_entries(account_id=account.pk, lines=lines)

        _file, (row,) = take(person, a_camt("100.00", "-40.00"))

        assert (row.new_count, row.amended_count) == (0, 0)
        assert DayClose.objects.get().status == "complete"

    def test_another_amount_than_the_bank_link_s_is_an_amendment(self, account, person):
        services.record_entries(
            account_id=account.pk, lines=[a_line("S0-12", "99.00", direction="credit", day=DAY)]
        )

        _file, (row,) = take(person, a_camt("100.00"), why="核对")

        assert row.amended_count == 1

    def test_entries_without_serials_on_days_told_otherwise_are_refused(self, account, person):
        services.record_entries(
            account_id=account.pk, lines=[a_line("S0", "100.00", direction="credit", day=DAY)]
        )

        with pytest.raises(InvalidInput) as refusal:
            preview(person, a_camt(E("100.00", "", day=str(DAY))))

        assert refusal.value.code == "serial_missing"

    def test_twins_without_serial_are_both_kept_and_known_again(self, account, person):
        twins = [E("5.00", "", day=str(DAY)), E("5.00", "", day=str(DAY))]
        take(person, a_camt(*twins))

        _file, (row,) = take(person, a_camt(*twins).replace(b"M1", b"M2"))

        assert (StatementEntry.objects.count(), row.new_count) == (2, 0)


class TestImportPath:
    @pytest.fixture
    def path(self, tmp_path):
        path = tmp_path / "a.xml"
        path.write_bytes(a_camt(E("5.00", "S1", day=str(DAY)), E("7.00", "S2", day=str(DAY))))
        return path

    def test_takes_a_file_for_the_system(self, account, path):
        (row,) = paths.import_path(path)

        assert (row.account_id, row.new_count) == (account.pk, 2)

    def test_tells_of_the_same_file_again_what_reading_it_would(self, account, path):
        paths.import_path(path)
        (known,) = paths.import_path(path)
        path.write_bytes(path.read_bytes() + b"\n")

        (read,) = paths.import_path(path)

        told = [
            {
                name: value
                for name, value in model_to_dict(row).items()
                if name not in ("id", "recorded_at", "file_digest", "last_entry_id")
            }
            for row in (known, read)
        ]
        assert told[0] == told[1]
        assert (known.entry_count, known.new_count, known.file_digest) == (2, 0, "")
        assert StatementEntry.objects.count() == 2

    def test_reads_the_same_file_again_once_its_account_has_newer_entries(self, account, path):
        paths.import_path(path)
        services.record_entries(account_id=account.pk, lines=[a_line("S9", "1.00", day=DAY)])

        (again,) = paths.import_path(path)

        assert (again.entry_count, again.new_count) == (2, 0)
        assert again.file_digest
