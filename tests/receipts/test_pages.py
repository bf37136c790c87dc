"""The pages of receipts as people use them: what each duty sees, does, and is refused."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO

import openpyxl
import pytest
from django.test import Client

from ledger.models import Voucher
from masterdata.roles import Role
from receipts.models import ArrivalNotice, BookingRun, SalesOffice
from receipts.services import schedules
from receipts.services.supplementing import Line, Said
from receipts.states import NoticeState
from tests.build import a_company, a_user
from tests.receipts.build import a_receivable, an_office, fresh

S = NoticeState


def as_(user) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def lines(*rows: dict[str, str]) -> dict[str, str]:
    data = {"line-TOTAL_FORMS": str(len(rows)), "line-INITIAL_FORMS": "0"}
    for number, row in enumerate(rows):
        data |= {f"line-{number}-{name}": value for name, value in row.items()}
    return data


@pytest.mark.parametrize(
    "address",
    ["inbox", "report", "unconfirmed", "ageing", "bookings", "offices", "schedules", "runs"],
)
def test_opens_for_whoever_may_see_receipts(world, address):
    notice = world.arrive("120000.00")
    an_office(world)

    answer = as_(world.clerk).get(f"/receipts/{address}/")

    assert answer.status_code == 200
    if address in ("inbox", "report", "ageing"):
        assert notice.notice_no in answer.content.decode()


@pytest.mark.parametrize("address", ["review", "booking"])
def test_work_lists_are_for_whoever_works_on_them(world, address):
    assert as_(world.clerk).get(f"/receipts/{address}/").status_code == 403
    assert as_(world.accountant).get(f"/receipts/{address}/").status_code == 200


def test_another_companys_notice_looks_absent(world):
    notice = world.arrive()
    stranger = as_(a_user(Role.RECEIPTS, company=a_company()))

    assert stranger.get(f"/receipts/notices/{notice.notice_no}/").status_code == 404
    assert stranger.post(f"/receipts/notices/{notice.notice_no}/claim/").status_code == 404
    assert notice.notice_no not in stranger.get("/receipts/inbox/").content.decode()


def test_a_clerk_supplements_from_the_proposal_another_reviews_and_books(world):
    a_receivable(world, "INV-0012", "1000.00")
    notice = world.arrive("1000.00", narrative="货款 INV-0012")
    clerk, accountant = as_(world.clerk), as_(world.accountant)
    address = f"/receipts/notices/{notice.notice_no}"
    assert "付款户名与该客户一致" in clerk.get(f"{address}/").content.decode()

    clerk.post(f"{address}/claim/")
    form = clerk.get(f"{address}/supplement/").content.decode()
    assert 'value="INV-0012"' in form
    row = {
        "customer_code": world.customer.code,
        "invoice_no": "INV-0012",
        "subject": "1122",
        "amount": "1,000.00",
    }
    posted = clerk.post(
        f"{address}/supplement/",
        {"kind": "business", "version": fresh(notice).version, **lines(row)},
    )  # fmt: skip
    assert posted.status_code == 302
    accountant.post(f"{address}/approve/", {"version": fresh(notice).version})
    done = accountant.post("/receipts/booking/book/", {"ids": str(notice.pk)})

    page = accountant.get(done["Location"]).content.decode()
    assert notice.notice_no in page
    assert "收-0001" in page
    assert fresh(notice).state == S.BOOKED


def test_one_more_row_keeps_what_was_typed_and_judges_nothing(world):
    notice = world.arrive()
    clerk = as_(world.clerk)
    clerk.post(f"/receipts/notices/{notice.notice_no}/claim/")

    answer = clerk.post(
        f"/receipts/notices/{notice.notice_no}/supplement/",
        {"kind": "business", "add": "1", **lines({"amount": "600", "subject": "1122"})},
    )

    text = answer.content.decode()
    assert answer.status_code == 200
    assert 'name="line-1-amount"' in text
    assert 'value="600"' in text


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([{"amount": "600", "subject": "1122"}], "客户编码「」不存在"),
        ([{"amount": "一千", "subject": "1122"}], "应为例如 1234.56"),
        ([], "请填写 1 至 50 行"),
    ],
)
def test_what_is_wrong_is_said_on_the_form_and_nothing_is_lost(world, rows, words):
    notice = world.arrive()
    clerk = as_(world.clerk)
    clerk.post(f"/receipts/notices/{notice.notice_no}/claim/")

    answer = clerk.post(
        f"/receipts/notices/{notice.notice_no}/supplement/",
        {"kind": "business", "version": fresh(notice).version, "note": "先记下", **lines(*rows)},
    )

    text = answer.content.decode()
    assert answer.status_code == 422
    assert words in text
    assert "先记下" in text
    assert fresh(notice).state == S.SUPPLEMENTING


def test_an_earlier_version_may_be_taken_up_again(world):
    first = Line(amount=Decimal("1000"), subject="1122", customer_code=world.customer.code, invoice_no="FIRST-1")  # fmt: skip
    notice = world.approved(world.arrive(), Said(lines=[first]))
    clerk = as_(world.clerk)
    address = f"/receipts/notices/{notice.notice_no}"
    for why in ("改发票", "还是改回"):
        clerk.post(f"{address}/change/", {"version": fresh(notice).version, "why": why})
        row = {
            "customer_code": world.customer.code,
            "subject": "1122",
            "amount": "1000",
            "invoice_no": "SECOND-2",
        }
        clerk.post(
            f"{address}/supplement/",
            {"kind": "business", "version": fresh(notice).version, "why": why, **lines(row)},
        )
        as_(world.accountant).post(f"{address}/approve/", {"version": fresh(notice).version})
    clerk.post(f"{address}/change/", {"version": fresh(notice).version, "why": "改回"})

    form = clerk.get(f"{address}/supplement/?from=1").content.decode()

    assert "FIRST-1" in form
    assert "SECOND-2" not in form


def test_many_are_claimed_at_once_and_those_taken_are_named(world):
    rows = [world.arrive(f"{n}.00") for n in range(1, 4)]
    as_(world.other_clerk).post(f"/receipts/notices/{rows[0].notice_no}/claim/")

    answer = as_(world.clerk).post(
        "/receipts/supplement/claim/", {"ids": ",".join(str(one.pk) for one in rows)}, follow=True
    )

    text = answer.content.decode()
    assert "已认领 2 笔" in text
    assert f"已由 {world.other_clerk} 认领" in text


def test_many_are_reviewed_at_once(world):
    rows = [world.supplemented(world.arrive(f"{n}.00")) for n in range(1, 4)]

    as_(world.accountant).post(
        "/receipts/review/approve/", {"ids": ",".join(str(one.pk) for one in rows)}
    )

    assert {fresh(one).state for one in rows} == {S.APPROVED}


def test_the_page_offers_a_reviewer_what_the_supplementer_may_not(world):
    notice = world.supplemented(world.arrive())
    same = a_user(Role.RECEIPTS, company=world.company, person_key=world.clerk.person_key)
    address = f"/receipts/notices/{notice.notice_no}/"

    assert "approve/" in as_(world.accountant).get(address).content.decode()
    assert "approve/" not in as_(same).get(address).content.decode()


def test_a_stale_page_is_refused(world):
    notice = world.supplemented(world.arrive())

    answer = as_(world.accountant).post(
        f"/receipts/notices/{notice.notice_no}/approve/", {"version": notice.version - 1}
    )

    assert answer.status_code == 409
    assert fresh(notice).state == S.PENDING_REVIEW


def test_the_report_is_filtered_and_exported_with_its_invoices(world):
    line = Line(
        amount=Decimal("1000"), subject="1122", customer_code=world.customer.code, invoice_no="INV-77"
    )  # fmt: skip
    world.booked(world.approved(world.arrive(), Said(lines=[line])))
    world.arrive("5.00")

    answer = as_(world.accountant).get("/receipts/report/?invoice=inv-77&export=xlsx")

    sheet = openpyxl.load_workbook(BytesIO(answer.content)).active
    rows = list(sheet.iter_rows(values_only=True))
    head, row = rows[1], rows[2]
    told = dict(zip(head, row, strict=True))
    assert len(rows) == 4  # what it is, heads, one row, the total
    assert (told["发票"], told["金额"], told["凭证"]) == ("INV-77", 1000, "2026-11 收-0001")


def test_an_office_is_proposed_by_one_and_taken_by_another(world):
    proposer = as_(world.accountant)
    treasurers = [a_user(Role.TREASURER, company=world.company) for _ in range(2)]
    said = {
        "company": str(world.company.pk), "code": "bsc-sh", "name": "上海办事处", "account": str(world.account.pk),
        "card_number": "6222 0202 0011 2233", "card_holder": "唐伟", "customers": world.customer.code,
        "people": [str(world.clerk.pk)], "is_active": "on",
    }  # fmt: skip
    proposer.post("/receipts/offices/new/", said)
    assert not SalesOffice.objects.exists()
    page = as_(treasurers[0]).get("/receipts/offices/").content.decode()
    assert "BSC-SH" in page
    from masterdata.models import StagedChange

    change = StagedChange.objects.get()
    as_(treasurers[0]).post(
        f"/receipts/arranged/{change.pk}/", {"kind": change.kind, "decision": "accept"}
    )

    office = SalesOffice.objects.get()
    assert (office.code, office.card_number) == ("BSC-SH", "6222020200112233")
    assert list(office.people.all()) == [world.clerk]
    world.arrive()
    assert ArrivalNotice.objects.get().office == office


def test_a_schedule_is_not_taken_by_who_proposed_it(world):
    office = an_office(world)
    treasurer = as_(a_user(Role.TREASURER, company=world.company))
    treasurer.post(
        "/receipts/schedules/new/",
        {
            "office": str(office.pk), "title": "上午", "times": "09:45，14：00", "days": "working",
            "valid_from": "2026-11-24", "is_active": "on", "rule": "fetch",
        },
    )  # fmt: skip
    from masterdata.models import StagedChange

    change = StagedChange.objects.get()
    assert change.after["times"] == ["09:45", "14:00"]

    treasurer.post(
        f"/receipts/arranged/{change.pk}/", {"kind": schedules.KIND, "decision": "accept"}
    )

    change.refresh_from_db()
    assert change.state == "proposed"


def test_a_wrong_time_is_said_on_the_form(world):
    an_office(world)
    answer = as_(world.accountant).post("/receipts/schedules/new/", {"times": "下午"})

    assert answer.status_code == 422
    assert "「下午」不是时刻" in answer.content.decode()


def test_acts_nobody_declared_are_absent(world):
    notice = world.arrive()

    assert as_(world.accountant).post(f"/receipts/notices/{notice.notice_no}/vanish/").status_code == 404  # fmt: skip


def test_pressing_book_twice_books_once(world):
    notice = world.approved(world.arrive())
    accountant = as_(world.accountant)
    for _ in range(2):
        accountant.post("/receipts/booking/book/", {"ids": str(notice.pk)})

    assert Voucher.objects.count() == 1
    assert [run.booked for run in BookingRun.objects.order_by("pk")] == [1, 0]


def test_what_is_booked_can_be_looked_at_before(world):
    notice = world.approved(world.arrive("1000.00"))
    page = as_(world.accountant)

    told = page.post("/receipts/booking/preview/", {"ids": str(notice.pk)}).content.decode()
    page.post("/receipts/booking/book/", {"ids": str(notice.pk)})

    assert "按预览入账" in told
    assert notice.notice_no in told
    assert fresh(notice).state == S.BOOKED
