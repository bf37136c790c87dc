"""Commands of master data on a real PostgreSQL: the second person, versions, scope, secrets."""

from __future__ import annotations

from types import SimpleNamespace
from typing import ClassVar

import pytest
from django.db import connection as database

from audit.models import Entry
from kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from kernel.orm import StaleVersion
from kernel.secrets import Secret
from masterdata import selectors, services
from masterdata.models import Connection, Counterparty
from masterdata.roles import Role
from masterdata.services import accounts, changes, companies, counterparties, payees
from masterdata.states import PayeeState
from tests import build


class TestDecidePayee:
    def test_is_for_another_natural_person(self, group: SimpleNamespace) -> None:
        staged = build.a_staged_payee(maker=group.admin)
        twin = build.a_user(Role.ADMIN, company=group.head, person_key=group.admin.person_key)

        for same in (group.admin, twin):
            with pytest.raises(NotAllowed, match="提出人"):
                services.decide_payee(account_id=staged.pk, version=1, confirm=True, actor=same)
        done = services.decide_payee(
            account_id=staged.pk, version=1, confirm=True, actor=group.other_admin
        )

        assert done.state == PayeeState.CONFIRMED
        assert Entry.objects.filter(event="masterdata.payee.confirmed").count() == 1

    def test_wants_the_right_and_the_seen_version(self, group: SimpleNamespace) -> None:
        staged = build.a_staged_payee(maker=group.maker)

        with pytest.raises(NotAllowed):
            services.decide_payee(account_id=staged.pk, version=1, confirm=True, actor=group.maker)
        with pytest.raises(StaleVersion):
            services.decide_payee(account_id=staged.pk, version=7, confirm=True, actor=group.admin)
        with pytest.raises(InvalidInput, match="原因"):
            services.decide_payee(account_id=staged.pk, version=1, confirm=False, actor=group.admin)

    def test_bulk_does_the_allowed_and_names_the_others(self, group: SimpleNamespace) -> None:
        mine = build.a_staged_payee(maker=group.admin)
        theirs = [build.a_staged_payee(maker=group.maker) for _ in range(3)]
        ids = [mine.pk, *(row.pk for row in theirs), 999_999]

        outcome = services.decide_payees(account_ids=ids, confirm=True, actor=group.admin)

        assert outcome.done == [row.pk for row in theirs]
        assert [pk for pk, _why in outcome.refused] == [mine.pk, 999_999]
        again = services.decide_payees(account_ids=ids[1:4], confirm=True, actor=group.admin)
        assert again.done == []


class TestStagePayee:
    def test_is_idempotent_while_the_account_lives(self, group: SimpleNamespace) -> None:
        first = build.a_staged_payee(maker=group.maker, code="V1", number="622200011122")
        again = build.a_staged_payee(maker=group.maker, code="V1", number="6222 0001 1122")

        assert first.pk == again.pk
        assert Counterparty.objects.filter(code="V1").count() == 1

    def test_may_be_announced_anew_after_a_rejection(self, group: SimpleNamespace) -> None:
        first = build.a_staged_payee(maker=group.maker, code="V1", number="622200011122")
        services.decide_payee(
            account_id=first.pk, version=1, confirm=False, actor=group.admin, why="户名不符"
        )

        again = build.a_staged_payee(maker=group.maker, code="V1", number="622200011122")

        assert again.pk != first.pk
        assert selectors.payee_account("V1", "622200011122") == again


class TestStagedChanges:
    def test_the_direct_link_switch_takes_two_people(self, group: SimpleNamespace) -> None:
        line = build.a_connection()
        account = build.an_account(company=group.first, connection=line)
        change = changes.propose_switch(
            account_id=account.pk, version=1, switch="is_direct_link", on=False, actor=group.admin
        )

        with pytest.raises(NotAllowed):
            changes.decide_change(change_id=change.pk, accept=True, actor=group.admin)
        with pytest.raises(Conflict):
            changes.propose_switch(
                account_id=account.pk, version=1, switch="is_frozen", on=True, actor=group.admin
            )
        account.refresh_from_db()
        assert account.is_direct_link
        changes.decide_change(change_id=change.pk, accept=True, actor=group.other_admin)
        account.refresh_from_db()
        assert not account.is_direct_link
        with pytest.raises(Conflict):
            changes.decide_change(change_id=change.pk, accept=True, actor=group.other_admin)

    def test_a_payee_edit_waits_for_the_other_person(self, group: SimpleNamespace) -> None:
        payee = build.a_payee(company=group.head)
        maker = build.a_user(Role.MAKER, company=group.head)
        values = {
            "name": "新户名有限公司",
            "bank_name": payee.bank_name,
            "cnaps": payee.cnaps,
            "is_personal": False,
        }
        change = changes.propose_payee_edit(
            account_id=payee.pk, version=payee.version, values=values, actor=maker
        )
        payee.refresh_from_db()
        assert payee.name != "新户名有限公司"

        changes.decide_change(change_id=change.pk, accept=True, actor=group.admin)

        payee.refresh_from_db()
        assert payee.name == "新户名有限公司"


class TestScope:
    def test_other_companies_look_absent(self, group: SimpleNamespace) -> None:
        admin = build.a_user(Role.ADMIN, company=group.first)
        foreign = build.an_account(company=group.second)
        scope = selectors.scope_of(admin)

        with pytest.raises(NotFound):
            selectors.get_account(foreign.pk, scope=scope)
        with pytest.raises(NotFound):
            selectors.get_company(group.second.pk, scope=scope)
        with pytest.raises(NotFound):
            changes.propose_switch(
                account_id=foreign.pk, version=1, switch="is_frozen", on=True, actor=admin
            )
        with pytest.raises(NotFound):
            accounts.edit_account(
                account_id=foreign.pk,
                version=1,
                draft=_draft(foreign, group.second.pk),
                actor=admin,
            )

    def test_a_duty_covers_the_companies_below(self, group: SimpleNamespace) -> None:
        below = build.a_company(parent=group.first)
        scope = selectors.scope_of(build.a_user(Role.MAKER, company=group.first))

        assert scope.company_ids == {group.first.pk, below.pk}
        assert scope.has("payments.make", below.pk)
        assert not scope.has("payments.make", group.second.pk)
        assert not scope.has("payments.release")

    def test_moving_a_company_moves_what_is_below(self, group: SimpleNamespace) -> None:
        below = build.a_company(parent=group.first)
        draft = companies.CompanyDraft(group.first.code, "甲公司", "甲", parent_id=group.second.pk)

        companies.edit_company(company_id=group.first.pk, version=1, draft=draft, actor=group.admin)

        below.refresh_from_db()
        assert below.path == f"{group.second.path}{group.first.pk}/{below.pk}/"
        loop = companies.CompanyDraft(group.second.code, "乙公司", "乙", parent_id=below.pk)
        with pytest.raises(InvalidInput, match="上级公司"):
            companies.edit_company(
                company_id=group.second.pk, version=1, draft=loop, actor=group.admin
            )


def _draft(account: object, company_id: int) -> accounts.AccountDraft:
    names = ("cnaps", "branch_name", "number", "name", "gl_subject", "kind", "currency")
    return accounts.AccountDraft(
        company_id=company_id, **{name: getattr(account, name) for name in names}
    )


class TestEdits:
    def test_a_stale_version_changes_nothing(self, group: SimpleNamespace) -> None:
        draft = counterparties.CounterpartyDraft("K1", "客户一有限公司", "customer")
        partner = counterparties.create_counterparty(draft=draft, actor=group.admin)
        newer = counterparties.CounterpartyDraft("K1", "客户壹有限公司", "customer")
        counterparties.edit_counterparty(
            counterparty_id=partner.pk, version=1, draft=newer, actor=group.admin
        )

        with pytest.raises(StaleVersion):
            counterparties.edit_counterparty(
                counterparty_id=partner.pk, version=1, draft=draft, actor=group.admin
            )

        partner.refresh_from_db()
        assert partner.name == "客户壹有限公司"
        assert "khygs" not in partner.pinyin.split()[0]
        found = selectors.matching(
            selectors.visible_counterparties(selectors.system_scope()), "KHYYXGS", "code", "pinyin"
        )
        assert list(found) == [partner]

    def test_one_basic_account_a_company(self, group: SimpleNamespace) -> None:
        account = build.an_account(company=group.first)
        other = build.an_account(company=group.first)
        from dataclasses import replace

        basic = replace(_draft(account, group.first.pk), kind="basic")
        accounts.edit_account(account_id=account.pk, version=1, draft=basic, actor=group.admin)

        with pytest.raises(InvalidInput, match="基本户"):
            accounts.edit_account(
                account_id=other.pk,
                version=1,
                draft=replace(_draft(other, group.first.pk), kind="basic"),
                actor=group.admin,
            )


class TestConnections:
    values: ClassVar[dict[str, object]] = {"endpoints": {"main": "https://bank.example:8443/"}}

    def test_wait_for_another_administrator(self, group: SimpleNamespace) -> None:
        line = build.a_connection()

        change = services.propose_connection(
            connection_id=line.pk, version=line.version, values=self.values, actor=group.admin
        )
        with pytest.raises(NotAllowed):
            changes.decide_change(change_id=change.pk, accept=True, actor=group.admin)
        line.refresh_from_db()
        before = dict(line.endpoints)
        changes.decide_change(change_id=change.pk, accept=True, actor=group.other_admin)

        line.refresh_from_db()
        assert before != self.values["endpoints"]
        assert line.endpoints == self.values["endpoints"]

    def test_a_new_one_is_there_when_the_second_has_agreed(self, group: SimpleNamespace) -> None:
        values = {"name": "工行前置机", "bank_slug": "icbc", **self.values}

        change = services.propose_connection(
            connection_id=None, version=0, values=values, actor=group.admin
        )
        absent = not Connection.objects.filter(name="工行前置机").exists()
        changes.decide_change(change_id=change.pk, accept=True, actor=group.other_admin)

        assert absent
        assert Connection.objects.filter(name="工行前置机").exists()

    def test_one_person_stops_it_and_two_let_it_go_on(self, group: SimpleNamespace) -> None:
        line = build.a_connection()

        services.stop_connection(connection_id=line.pk, actor=group.admin, why="银行来电要求")
        line.refresh_from_db()
        assert line.is_frozen
        change = services.propose_connection(
            connection_id=line.pk,
            version=line.version,
            values={"is_frozen": False},
            actor=group.admin,
        )
        line.refresh_from_db()
        assert line.is_frozen
        changes.decide_change(change_id=change.pk, accept=True, actor=group.other_admin)

        line.refresh_from_db()
        assert not line.is_frozen

    def test_a_subsidiarys_administrator_neither_proposes_nor_decides(
        self, group: SimpleNamespace
    ) -> None:
        line = build.a_connection()
        local = build.a_user(Role.ADMIN, company=group.first)

        with pytest.raises(NotAllowed):
            services.propose_connection(
                connection_id=line.pk, version=line.version, values=self.values, actor=local
            )
        change = services.propose_connection(
            connection_id=line.pk, version=line.version, values=self.values, actor=group.admin
        )
        with pytest.raises(NotAllowed):
            changes.decide_change(change_id=change.pk, accept=True, actor=local)


class TestCredentials:
    def test_are_encrypted_and_bound_to_their_row(self, group: SimpleNamespace) -> None:
        line, other = build.a_connection(), build.a_connection()
        change = services.propose_credentials(
            connection_id=line.pk,
            version=line.version,
            values={"certpwd": Secret("hunter2-hunter2")},
            actor=group.admin,
        )
        assert b"hunter2" not in bytes(change.sealed)
        assert "hunter2" not in str((change.before, change.after))
        assert "certpwd" not in services.credential_names(line)
        changes.decide_change(change_id=change.pk, accept=True, actor=group.other_admin)
        change.refresh_from_db()
        assert bytes(change.sealed) == b""
        line.refresh_from_db()

        assert b"hunter2" not in bytes(line.credentials)
        assert services.connection_credentials(line)["certpwd"].reveal() == "hunter2-hunter2"
        assert services.credential_names(line) == ["certpwd", "oprpwd"]
        trail = Entry.objects.filter(event="masterdata.connection.credentials_set").last()
        assert trail is not None
        assert "hunter2" not in str(trail.after)
        Connection.objects.filter(pk=other.pk).update(credentials=line.credentials)
        other.refresh_from_db()
        with pytest.raises(Exception, match="altered or belongs elsewhere"):
            services.connection_credentials(other)

    def test_refused_ones_are_forgotten(self, group: SimpleNamespace) -> None:
        line = build.a_connection()
        change = services.propose_credentials(
            connection_id=line.pk,
            version=line.version,
            values={"certpwd": Secret("x")},
            actor=group.admin,
        )

        changes.decide_change(
            change_id=change.pk, accept=False, actor=group.other_admin, why="未见申请单"
        )

        change.refresh_from_db()
        assert (bytes(change.sealed), services.credential_names(line)) == (b"", ["oprpwd"])

    def test_a_session_is_kept_between_processes(self, group: SimpleNamespace) -> None:
        from kernel import clock

        line = build.a_connection()
        opened = clock.now()
        services.save_session(line.pk, token=Secret("T-1"), opened_at=opened)

        assert services.load_session(line.pk) == (Secret("T-1"), opened)
        services.save_session(line.pk, token=None, opened_at=None)
        assert services.load_session(line.pk) is None


class TestAuthenticateClient:
    def test_knows_its_key_only(self, group: SimpleNamespace) -> None:
        issued = build.an_api_client(company=group.first)
        key_id, secret = issued.client.key_id, issued.secret.reveal()

        assert services.authenticate_client(key_id, secret) == issued.client
        assert services.authenticate_client(key_id, secret + "x") is None
        assert services.authenticate_client("nobody", secret) is None
        assert selectors.scope_of_client(issued.client).company_ids == {group.first.pk}
        issued.client.is_active = False
        issued.client.save()
        assert services.authenticate_client(key_id, secret) is None


def test_commands_do_not_nest(group: SimpleNamespace) -> None:
    from django.db import transaction

    staged = build.a_staged_payee(maker=group.maker)
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        payees.decide_payee(account_id=staged.pk, version=1, confirm=True, actor=group.admin)
    assert not database.in_atomic_block
