"""Style 3 under abuse and crashes: nothing is taken twice, lost, read half, or followed out of its folder."""

from __future__ import annotations

import gzip
import io
import json
import os
import zipfile
from pathlib import Path

import pytest
from django.db import transaction

from desk.models import ExceptionCase
from erpbridge.models import Outbox
from erpbridge.services import running
from erpbridge.simulator.u8_tool import Tool
from erpbridge.styles import flat
from ledger.models import Voucher
from ledger.services import posting
from payments.models import PaymentOrder
from tests.erpbridge.lanes import LANES, Lane, an_item
from tests.ledger.build import a_fact, a_template

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def lane(world, tmp_path: Path) -> Lane:
    return LANES["file"](world, tmp_path)


def _bomb() -> bytes:
    """A zip of fifty megabytes of zeros."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("pay.csv", b"0" * 50_000_000)
    return packed.getvalue()


def root(lane: Lane) -> Path:
    return lane.side.root


class TestRefusals:
    @pytest.mark.parametrize(
        ("spoil", "code"),
        [
            ({"sha256": "0" * 64}, "sha256"),
            ({"bytes": 1}, "bytes"),
            ({"rows": 7}, "rows"),
            ({"sums": {"CNY": "1.00"}}, "sums"),
            ({"seq": 2}, "seq"),
            ({"sign": "0" * 64}, "signature"),
            ({"file": "../../etc/passwd"}, "name"),
            ({"file": "pay_1000_20261124_000001.exe"}, "name"),
            ({"rows": "1"}, "manifest"),
            ({"encoding": "klingon"}, "unreadable"),
        ],
        ids=str,
    )
    def test_a_manifest_that_does_not_hold_is_put_aside_with_its_reason(self, lane, spoil, code):
        lane.side.send([an_item(lane.world)], key="k1", spoil=spoil)
        lane.pump()

        assert lane.side.answer("k1") == {"refused": code}
        assert not PaymentOrder.objects.exists()
        assert not list((root(lane) / "in").iterdir())

    @pytest.mark.parametrize(
        "data", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 60_000, b"{" + b" " * 70_000 + b"}"]
    )
    def test_what_is_no_manifest_is_put_aside(self, lane, data):
        lane.side.put("pay_1000_20261124_000001.mf", data)
        lane.pump()

        assert (root(lane) / "err" / "pay_1000_20261124_000001.why").exists()

    def test_a_link_is_not_followed(self, lane, tmp_path):
        secret = tmp_path / "secret.csv"
        secret.write_text("doc_no\nX\n")
        lane.side.send([an_item(lane.world)], key="k1")
        target = root(lane) / "in" / "pay_1000_20261124_000001.csv"
        target.unlink()
        os.symlink(secret, target)

        lane.pump()

        assert lane.side.answer("k1") == {"refused": "not_a_file"}
        assert secret.exists()

    @pytest.mark.parametrize("kind", ["link", "folder", "pipe", "huge"])
    def test_a_manifest_that_is_no_ordinary_file_is_put_aside_and_honest_ones_are_taken(
        self, lane, kind, tmp_path
    ):
        where = root(lane) / "in" / "pay_1000_20261123_000001.mf"
        where.parent.mkdir(parents=True)
        if kind == "link":
            os.symlink("/dev/zero", where)
        elif kind == "folder":
            where.mkdir()
        elif kind == "pipe":
            os.mkfifo(where)
        else:
            where.touch()
            os.truncate(where, 1 << 40)  # a terabyte that takes no room

        answer = lane.ask([an_item(lane.world)], key="k1")

        assert answer["results"][0]["status"] == "OK"
        assert (root(lane) / "err" / f"{where.stem}.why").exists()

    @pytest.mark.parametrize("form", ["zip", "gz"])
    def test_what_is_packed_is_never_unpacked(self, lane, form):
        data = gzip.compress(b"0" * 50_000_000) if form == "gz" else _bomb()
        lane.side.put(f"pay_1000_20261124_000001.{form}", data)
        lane.side.send([an_item(lane.world)], key="k1", spoil={"file": f"pay_1000_20261124_000001.{form}"})  # fmt: skip

        lane.pump()

        assert lane.side.answer("k1") == {"refused": "name"}

    def test_a_flood_of_bad_manifests_holds_up_no_honest_file_for_long(self, lane):
        for number in range(1, 221):
            lane.side.put(f"master_1000_20261123_{number:06d}.mf", b"{")
        lane.side.send([an_item(lane.world)], key="k1")

        lane.pump()
        lane.pump()

        assert lane.side.answer("k1")["results"][0]["status"] == "OK"

    def test_a_data_file_altered_after_its_manifest_is_refused(self, lane):
        lane.side.send([an_item(lane.world)], key="k1")
        target = root(lane) / "in" / "pay_1000_20261124_000001.csv"
        target.write_bytes(target.read_bytes().replace(b"1234.50", b"9234.50"))

        lane.pump()

        assert lane.side.answer("k1") == {"refused": "sha256"}
        assert not PaymentOrder.objects.exists()


class TestTurns:
    def test_a_manifest_without_its_data_waits(self, lane):
        lane.side.send([an_item(lane.world)], key="k1")
        data = root(lane) / "in" / "pay_1000_20261124_000001.csv"
        kept = data.read_bytes()
        data.unlink()
        lane.pump()
        early = lane.side.answer("k1")

        lane.side.put(data.name, kept)
        lane.pump()

        assert early is None
        assert lane.side.answer("k1")["results"][0]["status"] == "OK"

    def test_a_later_number_waits_for_the_earlier_and_a_long_wait_is_told(self, lane):
        lane.side.numbers["pay_1000_20261124"] = 1
        lane.side.send([an_item(lane.world, doc_no="FK2", purpose="二")], key="second")
        manifest = root(lane) / "in" / "pay_1000_20261124_000002.mf"
        os.utime(manifest, (0, 0))
        lane.pump()
        waiting = lane.side.answer("second")
        case = ExceptionCase.objects.get(kind="erp.file_waits")

        lane.side.numbers["pay_1000_20261124"] = 0
        lane.side.send([an_item(lane.world)], key="first")
        lane.pump()
        lane.pump()

        assert waiting is None
        assert "000002" in case.title
        assert lane.side.answer("first")["results"][0]["status"] == "OK"
        assert lane.side.answer("second")["results"][0]["status"] == "OK"


class TestCrashes:
    """A caller that died between two steps leaves files behind; the next one ends the work, once."""

    @pytest.mark.parametrize("claimed", [("csv",), ("csv", "mf")])
    def test_files_claimed_but_not_answered_are_answered(self, lane, claimed):
        lane.side.send([an_item(lane.world)], key="k1")
        (root(lane) / "work").mkdir(exist_ok=True)
        for form in claimed:
            name = f"pay_1000_20261124_000001.{form}"
            (root(lane) / "in" / name).rename(root(lane) / "work" / name)

        lane.pump()

        assert lane.side.answer("k1")["results"][0]["status"] == "OK"
        assert PaymentOrder.objects.count() == 1

    def test_taken_but_not_acknowledged_gets_the_same_ack(self, lane):
        first = lane.ask([an_item(lane.world)], key="k1")
        for form in ("csv", "mf"):
            name = f"pay_1000_20261124_000001.{form}"
            (root(lane) / "archive" / name).rename(root(lane) / "work" / name)
        (root(lane) / "ack" / "pay_1000_20261124_000001.ack").unlink()

        lane.pump()

        assert lane.side.answer("k1") == first
        assert PaymentOrder.objects.count() == 1

    def test_a_lost_folder_stops_this_lane_alone_and_is_told(self, lane):
        lane.system.settings = {"root": "relative/path"}
        lane.system.save()

        running.run("file")

        lane.system.refresh_from_db()
        assert "绝对路径" in lane.system.last_error
        assert ExceptionCase.objects.filter(kind="erp.lane_down", closed_at=None).exists()


class TestU8:
    @pytest.fixture
    def voucher(self, lane) -> Voucher:
        lane.system.profile = "u8"
        lane.system.settings |= {"kinds": ["voucher"]}
        lane.system.save()
        a_template()
        with transaction.atomic():
            (booked,) = posting.post([a_fact(lane.world.account)])
        lane.pump()
        return booked.voucher

    def returned(self, lane, end: str) -> None:
        """The import tool has been over the file: every line has its end, and it lies where results are fetched."""
        (path,) = (root(lane) / "out").glob("voucher_*.txt")
        lines = path.read_bytes().decode("gbk").split("\r\n")
        text = "\r\n".join(line + end if line[:1] == "2" else line for line in lines)
        (root(lane) / "out_ack" / path.name).write_bytes(text.encode("gbk"))
        lane.pump()

    def test_the_import_file_is_written_and_its_result_read_back(self, lane, voucher):
        (path,) = (root(lane) / "out").glob("voucher_*.txt")
        first = path.read_bytes().decode("gbk").splitlines()[0]

        self.returned(lane, ",导入成功:付-0012")

        voucher.refresh_from_db()
        assert first == "填制凭证,V800"
        assert (voucher.state, voucher.erp_voucher_no) == ("acked", "付-0012")

    def test_the_simulated_import_tool_takes_each_file_once(self, lane, voucher):
        tool = Tool(root(lane))

        assert (tool.run(), tool.run()) == (1, 0)
        lane.pump()
        assert (tool.run(), Tool(root(lane)).run()) == (0, 0)

        voucher.refresh_from_db()
        assert (voucher.state, voucher.erp_voucher_no) == ("acked", "付-0001")

    def test_a_voucher_u8_has_no_room_for_holds_up_no_other(self, lane):
        lane.system.profile = "u8"
        lane.system.settings |= {"kinds": ["voucher"]}
        lane.system.save()
        a_template()
        long = a_fact(lane.world.account, "payment:2")
        long.words["purpose"] = "长" * 80
        with transaction.atomic():
            posting.post([a_fact(lane.world.account), long])

        lane.pump()

        (path,) = (root(lane) / "out").glob("voucher_*.txt")
        sent, kept = (
            Outbox.objects.exclude(delivered_at=None),
            Outbox.objects.get(delivered_at=None),
        )
        assert len(path.read_bytes().decode("gbk").splitlines()) == 3
        assert (sent.count(), kept.attempts) == (1, 1)
        assert "摘要" in kept.last_error
        assert "摘要" in ExceptionCase.objects.get(kind="erp.message_unfit", closed_at=None).reason

    def test_a_skipped_voucher_stays_unconfirmed_with_a_case(self, lane, voucher):
        self.returned(lane, ",导入失败:科目不存在")

        voucher.refresh_from_db()
        assert voucher.state == "posted"
        assert ExceptionCase.objects.filter(kind="erp.voucher_refused").exists()

    def test_an_altered_file_is_put_aside(self, lane, voucher):
        self.returned(lane, "0,导入成功:付-0012,")

        voucher.refresh_from_db()
        assert voucher.state == "posted"
        assert list((root(lane) / "err").glob("voucher_*.why"))


def test_a_result_altered_on_its_way_is_refused_over_there(lane):
    lane.ask([an_item(lane.world)], key="k1")
    lane.pump()
    (path,) = (root(lane) / "out").glob("result_*.csv")
    path.write_bytes(path.read_bytes().replace(b"pending_check", b"succeeded"))

    with pytest.raises(ValueError, match="altered"):
        lane.side.fetch()


class TestEncodings:
    @pytest.mark.parametrize("encoding", ["utf-8", "gbk", "gb18030"])
    def test_chinese_comes_and_goes_in_the_encoding_agreed(self, lane, encoding):
        lane.side.encoding = encoding
        lane.system.settings |= {"encoding": encoding}
        lane.system.save()

        answer = lane.ask([an_item(lane.world)], key="k1")
        lane.pump()

        assert answer["results"][0]["status"] == "OK"
        assert lane.side.fetch()[0]["doc_type"] == "付款申请单"


class TestFlat:
    @pytest.mark.parametrize("form", ["csv", "txt", "xml"])
    def test_rows_survive_a_file(self, form):
        rows = [
            {"doc_no": "FK1", "purpose": '逗号,竖线|引号"换行\n', "amount": "1.00"},
            {"doc_no": "=1+1", "purpose": "-5", "amount": "2.00"},
        ]
        fields = ("doc_no", "purpose", "amount")

        data = flat.write_rows(rows, fields=fields, form=form, encoding="gb18030")

        assert flat.read_rows(data, form=form, encoding="gb18030") == [
            {name: value.strip() for name, value in row.items()} for row in rows
        ]

    @pytest.mark.parametrize(
        "data",
        [
            b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rows><row><a>&x;</a></row></rows>',
            b"<rows><row><a>1</a><a>2</a></row></rows>",
            b"<rows>" + b"<a>" * 100 + b"</a>" * 100 + b"</rows>",
            b"<rows><row>",
            b'<?xml version="1.0" encoding="utf-7"?><rows/>',
        ],
    )
    def test_hostile_or_broken_xml_is_refused(self, data):
        with pytest.raises(flat.Unreadable):
            flat.read_rows(data, form="xml", encoding="utf-8")

    def test_a_row_with_another_number_of_cells_is_named(self):
        with pytest.raises(flat.Unreadable, match="第 3 行"):
            flat.read_rows(b"a,b\n1,2\n3\n", form="csv", encoding="utf-8")


def test_nothing_of_the_exchange_tells_a_key(lane):
    lane.ask([an_item(lane.world)], key="k1")
    lane.pump()

    told = b"".join(path.read_bytes() for path in root(lane).rglob("*") if path.is_file())

    assert lane.side.key.encode() not in told
    assert json.loads((root(lane) / "ack" / "pay_1000_20261124_000001.ack").read_text("utf-8"))
