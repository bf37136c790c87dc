"""Column mappings: a Kingdee list is mapped on a sample, agreed by a second administrator, and read with row and field errors."""

from __future__ import annotations

import io

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from desk.mappings import mapping_of
from erpbridge import mapped
from erpbridge.models import ErpSystem, FileMapping, Refusal
from erpbridge.services import decisions, mappings
from erpbridge.simulator.sides.file import FileSide
from kernel import clock
from kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from masterdata.models import StagedChange
from masterdata.roles import Role
from payments.models import PaymentOrder
from tests.build import a_company, a_user
from tests.build_payments import World
from tests.erpbridge.lanes import KEY, Lane, a_client, a_system, an_item, codes, faults, statuses

pytestmark = pytest.mark.django_db(transaction=True)
KINGDEE = {  # what the list calls things -> our field
    "单据编号": "doc_no", "组织编码": "company_code", "我方银行账号": "payer_account", "往来单位代码": "payee_code",
    "收款单位": "payee_name", "收款银行账号": "payee_account", "开户银行": "payee_bank", "收款行行号": "cnaps", "申请金额": "amount",
    "摘要": "purpose", "期望付款日期": "wish_date",
}  # fmt: skip


def a_list(*items, numbers=()) -> bytes:
    """A workbook as 金蝶 exports it: a title above the headings, amounts as numbers; `numbers` columns as numbers, too."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "付款申请单列表")
        for at, heading in enumerate(KINGDEE):
            sheet.write(2, at, heading)
            for row, item in enumerate(items, 3):
                text = item.get(KINGDEE[heading], "")
                if heading == "申请金额" or heading in numbers:
                    sheet.write_number(row, at, float(text))
                else:
                    sheet.write_string(row, at, text)
    return target.getvalue()


class KingdeeSide(FileSide):
    """A finance system that knows only its own list."""

    numbers_in: tuple[str, ...] = ()

    def form(self, kind):
        return "xlsx"

    def data(self, items, kind, stem):
        return a_list(*items, numbers=self.numbers_in)


@pytest.fixture
def admins(world: World):
    return [a_user(Role.ADMIN, company=world.company) for _ in range(2)]


@pytest.fixture
def lane(world: World, tmp_path) -> Lane:
    client = a_client(world).client
    system = a_system(client, "file", root=str(tmp_path / "x"))
    ErpSystem.objects.update(profile="k3")
    side = KingdeeSide(
        tmp_path / "x", key=KEY, company="1000", day=lambda: f"{clock.today():%Y%m%d}"
    )
    return Lane("file", world, side, client, system)


def browse(user):
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def map_it(lane: Lane, admins, *items) -> FileMapping:
    """The headings' own suggestion, tried on a sample, proposed and agreed in the browser."""
    browser = browse(admins[0])
    where = f"/erp/systems/{lane.system.pk}/mapping/pay/"
    sample = SimpleUploadedFile("付款申请单.xlsx", a_list(*items))
    editor = browser.post(where, {"file": sample}).url
    shown = browser.get(editor)
    given = {f"column-{name}": column for name, column in shown.context["mapping"].columns.items()}
    given |= {f"fixed-{name}": told for name, told in shown.context["mapping"].fixed.items()}
    answer = browser.post(editor, {**given, "act": "propose"})
    assert answer.status_code == 302, answer.content.decode()
    change = StagedChange.objects.latest("pk")
    decisions.decide(change_id=change.pk, accept=True, actor=admins[1])
    return FileMapping.objects.latest("pk")


class TestMapping:
    def test_reads_a_kingdee_list_once_two_people_agreed(self, lane, world, admins):
        made = map_it(lane, admins, an_item(world))

        answer = lane.ask([an_item(world), an_item(world, doc_no="FK2", amount="20.00")], key="1")

        assert statuses(answer) == ["OK", "OK"], answer
        orders = PaymentOrder.objects.order_by("erp_doc_no").values_list("erp_doc_no", "amount")
        assert [(no, f"{amount}") for no, amount in orders] == [
            ("FK1", "1234.50"),
            ("FK2", "20.00"),
        ]
        assert (made.number, made.sample, made.decided_by) == (1, "付款申请单.xlsx", admins[1])

    def test_says_row_and_field_of_what_is_wrong_and_takes_the_rest(self, lane, world, admins):
        map_it(lane, admins, an_item(world))

        answer = lane.ask(
            [an_item(world), an_item(world, doc_no="FK2", wish_date="明天", company_code="9999")],
            key="1",
        )

        assert statuses(answer) == ["OK", "ERR"]
        assert (2, "wish_date") in faults(answer)
        assert Refusal.objects.filter(row=2, document="FK2").exists()

    def test_takes_no_account_number_a_spreadsheet_has_shortened(self, lane, world, admins):
        map_it(lane, admins, an_item(world))
        lane.side.numbers_in = ("收款银行账号",)

        answer = lane.ask([an_item(world, payee_account="6222021234567890123")], key="1")

        assert codes(answer) == {"cell"}
        assert not PaymentOrder.objects.exists()

    def test_a_list_without_its_columns_is_put_aside_and_says_which(self, lane, world, admins):
        made = map_it(lane, admins, an_item(world))
        made.content = {**made.content, "columns": {**made.content["columns"], "remark": "备注栏"}}
        made.save()

        lane.side.send([an_item(world)], key="1")
        lane.pump()

        assert "备注栏" in Refusal.objects.get().message_zh


class TestTryOut:
    def test_shows_what_a_delivery_would_be_refused_for(self, lane, world):
        data = a_list(an_item(world, company_code="9999"), an_item(world, doc_no="FK2"))
        table = mapped.table_of(data, "x.xlsx", None, "pay")

        tried = mappings.try_out(
            lane.system, file_type="pay", table=table, mapping=mapped.guessed(table, "pay")
        )

        assert (tried.rows, tried.refused, tried.lines[0]["row"]) == (2, 1, 4)
        assert {one["field"] for one in tried.lines[0]["errors"]} >= {"company_code"}
        assert not PaymentOrder.objects.exists()


class TestPropose:
    def test_wants_every_field_that_must_be_told_the_right_and_a_second_person(
        self, lane, world, admins
    ):
        whole = mapping_of({"columns": {field: name for name, field in KINGDEE.items()},
                            "fixed": {"doc_type": "付款申请单", "currency": "CNY"}})  # fmt: skip
        told = {"system_id": lane.system.pk, "file_type": "pay"}

        with pytest.raises(InvalidInput):
            mappings.propose(
                **told, mapping=mapping_of({"columns": {"doc_no": "单据编号"}}), actor=admins[0]
            )
        stranger = a_user(Role.ADMIN, company=a_company())
        with pytest.raises(NotFound):
            mappings.propose(**told, mapping=whole, actor=stranger)
        change = mappings.propose(**told, mapping=whole, actor=admins[0])
        with pytest.raises(NotAllowed):
            decisions.decide(change_id=change.pk, accept=True, actor=admins[0])
        assert not FileMapping.objects.exists()


class TestVersions:
    def test_an_earlier_one_comes_back_and_ours_can_be_taken_again(self, lane, world, admins):
        first = map_it(lane, admins, an_item(world))
        told = {"system_id": lane.system.pk, "file_type": "pay", "actor": admins[0]}
        change = mappings.propose(**told, mapping=None)
        decisions.decide(change_id=change.pk, accept=True, actor=admins[1])
        plain = FileSide(lane.side.root, key=KEY, company="1000", day=lane.side.day)
        plain.send([an_item(world)], key="9")
        lane.pump()
        assert statuses(plain.answer("9")) == ["OK"]

        change = mappings.propose_version(**told, number=first.number)
        decisions.decide(change_id=change.pk, accept=True, actor=admins[1])

        newest = FileMapping.objects.latest("pk")
        assert (newest.number, newest.content) == (3, first.content)
        with pytest.raises(Conflict):
            mappings.propose_version(**told, number=first.number)
