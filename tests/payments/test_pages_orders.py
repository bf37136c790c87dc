"""Pages of payments, driven as a browser without JavaScript drives them."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from masterdata.models import Membership, User
from payments.models import ImportSet, PaymentInstruction, PaymentOrder
from tests.build import a_company
from tests.build_payments import World, answer, fresh, item, ready, released, sent, submitted
from tests.payments.test_imports_lists import a_csv
from tests.signing import PASSPHRASE, give_key

pytestmark = pytest.mark.django_db(transaction=True)


def signed_in(user: User) -> Client:
    """A person at a desk, with a signing key."""
    give_key(user)
    client = Client(enforce_csrf_checks=False)
    client.force_login(user)
    return client


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, f"no {name} in the page"
    return found.group(1)


def acted(client: Client, url: str, **data: str) -> str:
    """Open a confirm page and confirm it; the page that comes last."""
    page = client.get(url).content.decode()
    sent = {"token": hidden(page, "token"), "items": hidden(page, "items"), "confirm": "yes"}
    sent |= {"passphrase": PASSPHRASE.reveal()} | data
    return client.post(url, sent, follow=True).content.decode()


def digits(*orders: PaymentOrder) -> dict[str, str]:
    """The last digits of the payee accounts, typed as the releaser types them."""
    return {f"retype_{order.payee_number}": order.payee_number[-4:] for order in orders}


LISTS = [
    "orders/", "drafts/", "check/", "approve/", "release/", "held/", "unknown/", "failed/", "batches/", "imports/",
    "import/", "new/",
]  # fmt: skip


class TestLists:
    @pytest.mark.parametrize("address", LISTS)
    def test_opens_for_whoever_holds_the_right(self, world: World, address: str) -> None:
        submitted(world)
        for role in ("maker", "checker", "approver", "releaser", "treasurer"):
            Membership.objects.get_or_create(
                user=world["checker2"], company=world.company, role=role
            )

        reply = signed_in(world["checker2"]).get(f"/payments/{address}")

        assert reply.status_code == 200

    def test_refuses_a_desk_without_its_right(self, world: World) -> None:
        assert signed_in(world["maker"]).get("/payments/release/").status_code == 403

    @pytest.mark.parametrize(
        "query",
        [
            "after=WyI5OTk5LTEyLTMxVDIzOjU5OjU5IiwiOTk5OTk5OTk5OTk5OTk5OTk5OTk5Il0",
            "company=99999999999999999999999&account=%C2%B2",
            "day_to=9999-12-31&day_from=0001-01-01",
            "amount_from=1e99999&amount_to=-1e99999",
        ],
    )
    def test_an_odd_address_breaks_nothing(self, world: World, query: str) -> None:
        submitted(world)

        assert signed_in(world["maker"]).get(f"/payments/orders/?{query}").status_code == 200

    @pytest.mark.parametrize("number", ["99999999999999999999999", "\u00b2", "-1"])
    def test_a_number_no_row_could_have_is_refused(self, world: World, number: str) -> None:
        checker = signed_in(world["checker"])

        ticked = checker.post("/payments/bulk/check/", {"ids": number})
        shown = checker.post(
            "/payments/bulk/check/", {"confirm": "yes", "items": f"{number}:1:x", "token": "t"}
        )

        assert (ticked.status_code, shown.status_code) == (422, 422)

    def test_finds_a_payee_by_pinyin_initials(self, world: World) -> None:
        order = submitted(world)

        page = signed_in(world["maker"]).get("/payments/orders/?payee=jyhy").content.decode()
        none = signed_in(world["maker"]).get("/payments/orders/?payee=zzzz").content.decode()

        assert order.order_no in page
        assert order.order_no not in none


class TestOrderPage:
    def test_shows_amount_in_words_and_offers_only_what_the_viewer_may_do(
        self, world: World
    ) -> None:
        order = submitted(world)

        seen_by_maker = (
            signed_in(world["maker"]).get(f"/payments/orders/{order.order_no}/").content.decode()
        )
        seen_by_checker = (
            signed_in(world["checker"]).get(f"/payments/orders/{order.order_no}/").content.decode()
        )

        assert "人民币" in seen_by_maker
        assert f"/payments/orders/{order.order_no}/check/" not in seen_by_maker
        assert f"/payments/orders/{order.order_no}/check/" in seen_by_checker

    def test_an_order_out_of_scope_looks_absent(self, world: World) -> None:
        order = submitted(world)
        Membership.objects.filter(user=world["checker2"]).update(company=a_company())

        reply = signed_in(world["checker2"]).get(f"/payments/orders/{order.order_no}/")

        assert reply.status_code == 404

    def test_shows_a_released_payment_and_its_attempt(self, world: World) -> None:
        instruction = released(world)

        page = (
            signed_in(world["maker"])
            .get(f"/payments/orders/{instruction.order.order_no}/")
            .content.decode()
        )

        assert instruction.instr_no in page


class TestFollowing:
    def test_the_page_looks_again_within_five_seconds_while_the_bank_has_the_payment(
        self, world: World
    ) -> None:
        row = sent(world, "accepted")
        url, viewer = f"/payments/orders/{row.order.order_no}/", signed_in(world["treasurer"])
        polls = re.search(
            r'id="moving" hx-get="([^"]+)" hx-trigger="every (\d)s"',
            viewer.get(url).content.decode(),
        )
        assert polls is not None

        answer(row, "succeeded")
        after = viewer.get(polls[1], headers={"x-poll": "1"}).content.decode()

        assert (polls[1], int(polls[2]) < 5) == (url, True)
        assert 'data-state="succeeded"' in after
        assert 'id="moving"' not in after


class TestActs:
    def test_walks_an_order_from_check_to_release(self, world: World) -> None:
        order = submitted(world)
        base = f"/payments/orders/{order.order_no}"

        acted(signed_in(world["checker"]), f"{base}/check/")
        assert fresh(order).shown_state == "pending_release"
        acted(signed_in(world["releaser"]), f"{base}/release/", **digits(order))

        assert PaymentInstruction.objects.filter(order=order).count() == 1

    def test_the_confirm_page_shows_the_payee_twice_and_the_amount_in_words(
        self, world: World
    ) -> None:
        order = submitted(world)

        page = (
            signed_in(world["checker"])
            .get(f"/payments/orders/{order.order_no}/check/")
            .content.decode()
        )

        assert page.count(f'data-copy="{order.payee_number}"') >= 2
        assert "人民币" in page

    def test_a_second_click_has_no_second_effect(self, world: World) -> None:
        order = ready(world)
        client, url = signed_in(world["releaser"]), f"/payments/orders/{order.order_no}/release/"
        page = client.get(url).content.decode()
        sent = {
            "token": hidden(page, "token"),
            "items": hidden(page, "items"),
            "confirm": "yes",
            "passphrase": PASSPHRASE.reveal(),
            **digits(order),
        }

        first, second = client.post(url, sent), client.post(url, sent)

        assert (first.status_code, second.status_code) == (302, 302)
        assert PaymentInstruction.objects.filter(order=order).count() == 1

    def test_refuses_release_without_a_token_of_this_content(self, world: World) -> None:
        order = ready(world)
        pk, version, digest = item(order)
        client, url = signed_in(world["releaser"]), f"/payments/orders/{order.order_no}/release/"

        reply = client.post(
            url,
            {
                "token": "x",
                "items": f"{pk}:{version}:{digest}",
                "passphrase": PASSPHRASE.reveal(),
                **digits(order),
            },
        )

        assert reply.status_code == 409
        assert not PaymentInstruction.objects.exists()

    def test_a_first_payment_wants_the_last_digits_retyped(self, world: World) -> None:
        order = ready(world)

        page = acted(
            signed_in(world["releaser"]),
            f"/payments/orders/{order.order_no}/release/",
            **{f"retype_{order.payee_number}": "0000"},
        )

        assert "后 4 位" in page
        assert not PaymentInstruction.objects.exists()

    def test_returns_to_the_maker_with_a_reason(self, world: World) -> None:
        order = submitted(world)

        acted(
            signed_in(world["checker"]),
            f"/payments/orders/{order.order_no}/return/",
            why="账号有误",
        )

        assert fresh(order).shown_state == "rejected"
        assert fresh(order).return_reason == "账号有误"


class TestBulk:
    def test_checks_many_and_says_what_was_left_out(self, world: World) -> None:
        orders = [submitted(world) for _ in range(3)]
        done_already = ready(world)
        client = signed_in(world["checker"])
        ids = [str(one.pk) for one in (*orders, done_already)]

        page = client.post("/payments/bulk/check/", {"ids": ids}).content.decode()
        sent = {"token": hidden(page, "token"), "items": hidden(page, "items"), "confirm": "yes"}
        sent["passphrase"] = PASSPHRASE.reveal()
        result = client.post("/payments/bulk/check/", sent).content.decode()

        assert done_already.order_no in page
        assert "已完成 3 笔" in result
        assert {fresh(one).shown_state for one in orders} == {"pending_release"}

    def test_takes_all_that_the_filters_match(self, world: World) -> None:
        orders = [submitted(world) for _ in range(3)]
        client = signed_in(world["checker"])

        reply = client.get(
            "/payments/bulk/check/?all=1", headers={"accept": "application/json"}
        ).json()
        done = client.post(
            "/payments/bulk/check/",
            {
                "token": reply["token"],
                "items": reply["items"],
                "confirm": "yes",
                "passphrase": PASSPHRASE.reveal(),
            },
            headers={"accept": "application/json"},
        ).json()

        assert reply["count"] == 3
        assert sorted(done["done"]) == sorted(one.pk for one in orders)


class TestCreate:
    def test_makes_a_draft_and_leads_to_its_submit_page(self, world: World) -> None:
        payee = _payee(world)
        data = {
            "payee": str(payee.pk), "account": str(world.account.pk), "amount": "1,234.50", "purpose": "货款",
            "wish_date": "2026-11-24", "do": "submit",
        }  # fmt: skip

        reply = signed_in(world["maker"]).post("/payments/new/", data)

        order = PaymentOrder.objects.get()
        assert reply.status_code == 302
        assert reply.headers["Location"].endswith(f"{order.order_no}/submit/")
        assert f"{order.amount}" == "1234.50"

    def test_shows_the_checks_without_saving(self, world: World) -> None:
        data = {
            "payee": str(_payee(world).pk), "account": str(world.account.pk), "amount": "1234.50", "purpose": "货款",
            "wish_date": "2026-11-24", "do": "check",
        }  # fmt: skip

        page = signed_in(world["maker"]).post("/payments/new/", data).content.decode()

        assert "壹仟贰佰叁拾肆元伍角整" in page
        assert not PaymentOrder.objects.exists()


def _payee(world: World) -> object:
    from masterdata.selectors import payee_account

    return payee_account(world.payee_code, world.payee_number)


class TestImportPages:
    def test_uploads_previews_and_confirms(self, world: World) -> None:
        client = signed_in(world["maker"])
        data = a_csv({"收款人编码": world.payee_code}, {"行号": "2", "金额": "壹佰"})

        reply = client.post(
            "/payments/import/", {"file": SimpleUploadedFile("清单.csv", data)}, follow=True
        )
        page = reply.content.decode()
        made = ImportSet.objects.get()
        sent = {
            "token": hidden(page, "token"),
            "version": str(made.version),
            "partial": "yes",
            "why_partial": "下月再付",
        }
        done = client.post(f"/payments/imports/{made.pk}/confirm/", sent, follow=True)

        assert "壹佰" in page
        assert "不是数字" in page
        assert done.status_code == 200
        assert PaymentOrder.objects.count() == 1
        for what in ("result.xlsx", "result.csv", "errors.xlsx"):
            assert client.get(f"/payments/imports/{made.pk}/{what}").status_code == 200

    def test_refuses_the_same_file_on_the_page(self, world: World) -> None:
        client = signed_in(world["maker"])
        client.post("/payments/import/", {"file": SimpleUploadedFile("a.csv", a_csv({}))})

        again = client.post("/payments/import/", {"file": SimpleUploadedFile("b.csv", a_csv({}))})

        assert again.status_code == 409
        assert "不能重复导入" in again.content.decode()
