"""The pages as a person meets them: rights, scope, the second person, sign-in and its lockout."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from kernel import clock
from masterdata.models import Company, OwnAccount, StagedChange
from masterdata.roles import Role
from masterdata.services import changes
from masterdata.services.banks import write_profile
from masterdata.states import PayeeState
from masterdata.views.lists import LISTS
from tests import build


@pytest.fixture
def admin(group: SimpleNamespace) -> Client:
    client = Client()
    client.force_login(group.admin, backend="django.contrib.auth.backends.ModelBackend")
    return client


def signed_in(user: object) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")  # type: ignore[arg-type]
    return client


class TestLists:
    @pytest.mark.parametrize("name", sorted(set(LISTS) - {"people"}))
    def test_show_to_an_administrator(
        self, admin: Client, group: SimpleNamespace, name: str
    ) -> None:
        build.an_account(company=group.first, connection=build.a_connection())
        build.a_staged_payee(maker=group.maker)

        page = admin.get(reverse(f"masterdata:{name}"), {"q": "zg"})

        assert page.status_code == 200

    def test_people_are_for_the_security_administrator(
        self, group: SimpleNamespace, admin: Client
    ) -> None:
        officer = signed_in(build.a_user(Role.SECURITY_ADMIN, company=group.head))

        assert admin.get("/masterdata/people/").status_code == 403
        assert group.maker.username in officer.get("/masterdata/people/").content.decode()

    def test_ask_for_a_sign_in(self, group: SimpleNamespace) -> None:
        answer = Client().get("/masterdata/companies/")

        assert answer.status_code == 302
        assert answer["Location"].startswith("/sign-in/")

    def test_finds_by_pinyin_initials(self, group: SimpleNamespace, admin: Client) -> None:
        build.a_company("P001", parent=group.head, name="恒源化工有限公司")

        page = admin.get("/masterdata/companies/", {"q": "hyhg"}).content.decode()

        assert "恒源化工有限公司" in page
        assert group.first.name not in page


class TestForms:
    def test_makes_a_company(self, group: SimpleNamespace, admin: Client) -> None:
        values = {
            "code": "N1",
            "name": "新公司",
            "short_name": "新",
            "parent": group.head.pk,
            "currency": "CNY",
            "is_active": "on",
        }

        answer = admin.post("/masterdata/companies/new/", values)

        assert answer.status_code == 302
        assert Company.objects.get(code="N1").path.startswith(group.head.path)

    def test_says_what_is_wrong_beside_the_field(
        self, group: SimpleNamespace, admin: Client
    ) -> None:
        values = {
            "company": group.first.pk,
            "number": "1.2E+17",
            "name": "户",
            "cnaps": "104100000004",
            "branch_name": "支行",
            "kind": "general",
            "currency": "CNY",
            "gl_subject": "1002",
        }

        answer = admin.post("/masterdata/accounts/new/", values)

        assert answer.status_code == 422
        assert "科学计数法" in answer.content.decode()
        assert not OwnAccount.objects.exists()

    def test_a_stale_form_is_refused(self, group: SimpleNamespace, admin: Client) -> None:
        values = {
            "code": group.first.code,
            "name": "改名",
            "short_name": "改",
            "parent": group.head.pk,
            "currency": "CNY",
            "version": 9,
        }

        answer = admin.post(f"/masterdata/companies/{group.first.pk}/edit/", values)

        assert answer.status_code == 422
        assert "已被他人更新" in answer.content.decode()

    def test_a_maker_may_not_edit(self, group: SimpleNamespace) -> None:
        assert signed_in(group.maker).get("/masterdata/companies/new/").status_code == 403

    def test_pages_outside_the_scope_look_absent(self, group: SimpleNamespace) -> None:
        foreign = build.an_account(company=group.second)
        client = signed_in(build.a_user(Role.ADMIN, company=group.first))

        assert client.get(f"/masterdata/accounts/{foreign.pk}/").status_code == 404
        assert client.get(f"/masterdata/companies/{group.second.pk}/edit/").status_code == 404


class TestDesks:
    def test_payees_are_confirmed_in_two_steps(self, group: SimpleNamespace, admin: Client) -> None:
        rows = [build.a_staged_payee(maker=group.maker) for _ in range(3)]
        ids = [row.pk for row in rows]

        shown = admin.post("/masterdata/payees/confirm/", {"ids": ids})
        rows[0].refresh_from_db()
        assert shown.status_code == 200
        assert rows[0].state == PayeeState.STAGED

        done = admin.post("/masterdata/payees/confirm/", {"ids": ids, "decided": "yes"})
        for row in rows:
            row.refresh_from_db()
        assert done.status_code == 302
        assert {row.state for row in rows} == {"confirmed"}

    def test_one_payee_is_shown_and_rejected_with_a_reason(
        self, group: SimpleNamespace, admin: Client
    ) -> None:
        row = build.a_staged_payee(maker=group.maker)
        page = f"/masterdata/payees/{row.pk}/"

        assert row.number[:4] in admin.get(page).content.decode()
        admin.post(f"{page}decide/", {"version": 1, "decision": "reject", "why": "户名不符"})

        row.refresh_from_db()
        assert row.state == PayeeState.REJECTED

    def test_a_switch_waits_for_the_other_administrator(
        self, group: SimpleNamespace, admin: Client
    ) -> None:
        account = build.an_account(company=group.first)
        page = f"/masterdata/accounts/{account.pk}/"
        admin.post(f"{page}switch/", {"version": 1, "switch": "is_frozen", "on": "1"})
        change = StagedChange.objects.get()
        decide = f"/masterdata/changes/{change.pk}/decide/"

        assert admin.post(decide, {"decision": "accept"}).status_code == 403
        assert admin.get(page).status_code == 200
        assert (
            signed_in(group.other_admin).get(f"/masterdata/changes/{change.pk}/").status_code == 200
        )
        signed_in(group.other_admin).post(decide, {"decision": "accept"})

        account.refresh_from_db()
        assert account.is_frozen


class TestConnections:
    def test_credentials_never_come_back(self, group: SimpleNamespace, admin: Client) -> None:
        line = build.a_connection()
        page = f"/masterdata/connections/{line.pk}/"
        values = {"version": line.version, "credential": "oprpwd", "value": "s3cret-s3cret"}

        assert admin.post(f"{page}credentials/", values).status_code == 302
        shown = admin.get(page).content.decode()

        assert "s3cret" not in shown
        assert "test-password" not in shown
        assert "已设置" in shown
        assert admin.get(f"{page}edit/").status_code == 200
        assert signed_in(group.maker).get(page).status_code == 403

    def test_what_the_banks_document_leaves_open_is_shown(
        self, group: SimpleNamespace, admin: Client
    ) -> None:
        line = build.a_connection()
        setting = {"name": "busmod", "label_zh": "业务模式", "label_en": "Mode", "default": "00001"}
        setting |= {
            "is_required": True,
            "is_secret": False,
            "confirm_zh": "模式编号",
            "confirm_en": "the number",
        }
        write_profile(
            {
                "slug": line.bank_slug,
                "name": "某行",
                "settings": [setting, setting | {"name": "user", "default": "", "confirm_zh": ""}],
                "confirm_with_bank": [{"zh": "退汇如何通知", "en": "how a return is told"}],
            }
        )

        shown = admin.get(f"/masterdata/connections/{line.pk}/").content.decode()

        for words in ("业务模式", "00001", "请向银行确认：模式编号", "未填写", "退汇如何通知"):
            assert words in shown

    def test_further_addresses_are_kept_by_role(
        self, group: SimpleNamespace, admin: Client
    ) -> None:
        line = build.a_connection()
        values = {
            "version": line.version, "name": "工行", "bank_slug": "boc", "endpoint": "http://nc:448/",
            "other_endpoints": '{"sign": "http://nc:449/"}', "parameters": "{}", "connect_timeout_s": 10,
            "read_timeout_s": 120, "parallel_max": 4, "is_active": "on",
        }  # fmt: skip

        answer = admin.post(f"/masterdata/connections/{line.pk}/edit/", values)

        change = StagedChange.objects.get(kind="connection.edit")
        changes.decide_change(change_id=change.pk, accept=True, actor=group.other_admin)
        line.refresh_from_db()
        assert answer.status_code == 302
        assert line.endpoints == {"main": "http://nc:448/", "sign": "http://nc:449/"}


class TestImport:
    def test_previews_then_writes(self, group: SimpleNamespace, admin: Client) -> None:
        file = SimpleUploadedFile(
            "b.csv", "联行号,机构名称\n104100000004,中行总行营业部\n1,坏\n".encode()
        )

        preview = admin.post("/masterdata/branches/import/", {"file": file}, follow=True)
        assert "不是 12 位数字" in preview.content.decode()
        done = admin.post(preview.redirect_chain[-1][0], {"decision": "confirm"}, follow=True)

        assert "中行总行营业部" in done.content.decode()


class TestLanguage:
    def test_the_language_is_remembered(self, group: SimpleNamespace, admin: Client) -> None:
        answer = admin.post("/language/", {"language": "en", "next": "https://evil.example/"})

        group.admin.refresh_from_db()
        assert group.admin.language == "en"
        assert answer["Location"] == "/"


class TestPayeePage:
    def test_tells_versions_calls_and_takes_a_call(self, group: SimpleNamespace) -> None:
        payee = build.a_payee(company=group.head, name="江阴恒源化工有限公司")
        caller = signed_in(build.a_user(Role.TREASURER, company=group.head))
        form = {
            "version": payee.version, "person_called": "王会计", "telephone": "0510-86001234",
            "source": "contract", "called_at": f"{clock.now():%Y-%m-%dT%H:%M}",
            "answer": "confirmed",
        }  # fmt: skip

        empty = caller.post(f"/masterdata/payees/{payee.pk}/call/", form | {"person_called": ""})
        done = caller.post(f"/masterdata/payees/{payee.pk}/call/", form)
        page = caller.get(f"/masterdata/payees/{payee.pk}/").content.decode()

        assert (empty.status_code, done.status_code) == (422, 302)
        assert "王会计" in page
        assert "待第二人确认" in page
        assert "收款资料版本" in page
