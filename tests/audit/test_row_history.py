"""The history of rows: every row a person or a program of ours changed is in it, and nobody else's change goes unnoticed."""

from __future__ import annotations

from contextlib import contextmanager
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from audit import row_sql
from audit.models import Entry, Link, RowChange
from audit.origin import acting_from
from audit.row_rules import kept, rules
from audit.row_verifying import verify_rows
from masterdata.models import Membership, OwnAccount
from tests.build_payments import World, a_world, released, sent

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(frozen_clock) -> World:
    return a_world()


@contextmanager
def stranger():
    """Somebody at the database who is not the platform: its wrapper does not speak for him."""
    wrappers, connection.execute_wrappers = connection.execute_wrappers, []
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.execute_wrappers = wrappers


@contextmanager
def superuser():
    """The same, and the triggers are out of his way."""
    with stranger() as cursor:
        cursor.execute("SET session_replication_role = replica")
        try:
            yield cursor
        finally:
            cursor.execute("SET session_replication_role = origin")


def found() -> set[str]:
    return {one.row or one.what for one in verify_rows()}


class TestVerifyRows:
    def test_finds_nothing_after_work_of_all_kinds(self, world):
        sent(world, "succeeded")
        sent(world, "")

        assert verify_rows() == []
        assert {change.relation for change in RowChange.objects.all()} >= {
            "payments_paymentorder",
            "payments_paymentinstruction",
            "approvals_decision",
            "masterdata_membership",
            "masterdata_counterpartyaccount",
        }

    def test_names_the_row_somebody_changed_with_the_triggers_on_and_who_it_was(self, world):
        with stranger() as cursor:
            cursor.execute("UPDATE masterdata_ownaccount SET number = '999'")

        (one,) = verify_rows()

        assert one.row == f"masterdata.ownaccount#{world.account.pk}"
        assert "不是平台写入的" in one.what
        assert connection.settings_dict["USER"] in one.what

    def test_names_the_row_changed_deleted_or_slipped_in_behind_the_triggers(self, world):
        row = released(world)
        with superuser() as cursor:
            cursor.execute(
                "UPDATE payments_paymentorder SET remark = '别的' WHERE id = %s", [row.order_id]
            )
            cursor.execute("DELETE FROM payments_paymentinstruction WHERE id = %s", [row.pk])
            cursor.execute(
                "INSERT INTO masterdata_membership (user_id, company_id, role) VALUES (%s, %s, 'releaser') RETURNING id",
                [world["maker"].pk, world.company.pk],
            )
            (member,) = cursor.fetchone()

        assert found() == {
            f"payments.paymentorder#{row.order_id}",
            f"payments.paymentinstruction#{row.pk}",
            f"masterdata.membership#{member}",
        }

    def test_what_was_altered_stays_known_after_the_platform_wrote_the_row_again(self, world):
        with superuser() as cursor:
            cursor.execute("UPDATE masterdata_ownaccount SET number = '999'")
        OwnAccount.objects.update(branch_name="平台自己的改动")

        assert found() == {f"masterdata.ownaccount#{world.account.pk}"}

    def test_a_row_slipped_in_and_then_used_stays_known(self, world):
        with superuser() as cursor:
            cursor.execute(
                "INSERT INTO masterdata_membership (user_id, company_id, role) VALUES (%s, %s, 'releaser') RETURNING id",
                [world["maker"].pk, world.company.pk],
            )
            (member,) = cursor.fetchone()
        Membership.objects.filter(pk=member).update(role="checker")

        assert found() == {f"masterdata.membership#{member}"}

    def test_a_history_written_by_hand_beside_the_row_is_noticed(self, world):
        """He knows how histories are made, and forges change and link with the hand he saw last."""
        with stranger() as cursor:
            cursor.execute(
                "SELECT hand FROM audit_rowchange WHERE hand <> '' ORDER BY id DESC LIMIT 1"
            )
            (seen,) = cursor.fetchone()
        OwnAccount.objects.update(branch_name="平台自己的改动")  # the chain goes on
        with stranger() as cursor, transaction.atomic():
            cursor.execute(f"SET LOCAL yqlink.hand = '{seen}'")
            cursor.execute("UPDATE masterdata_ownaccount SET number = '999'")

        assert [(one.row, one.what[:9]) for one in verify_rows()] == [
            (f"masterdata.ownaccount#{world.account.pk}", "冒用了另一事务的凭"),
        ]

    def test_a_change_altered_or_taken_away_is_noticed(self, world):
        first, second = RowChange.objects.order_by("pk")[:2]
        with superuser() as cursor:
            cursor.execute("UPDATE audit_rowchange SET who = '别人' WHERE id = %s", [first.pk])
            cursor.execute("DELETE FROM audit_rowchange WHERE id = %s", [second.pk])

        assert {f"audit.rowchange#{first.pk}", f"audit.rowchange#{second.pk}"} <= found()

    def test_triggers_taken_away_or_switched_off_are_named(self, world):
        with stranger() as cursor:
            cursor.execute("ALTER TABLE payments_limit DISABLE TRIGGER zz_audit_rows_update")
            cursor.execute("DROP TRIGGER zz_audit_rows_delete ON payments_paymentorder")
        try:
            assert found() == {"payments.limit", "payments.paymentorder"}
        finally:
            with stranger() as cursor:
                cursor.execute("ALTER TABLE payments_limit ENABLE TRIGGER zz_audit_rows_update")
            row_sql.install()

        assert verify_rows() == []

    def test_what_was_rolled_back_leaves_no_history(self, world):
        with transaction.atomic():
            try:
                with transaction.atomic():
                    OwnAccount.objects.update(branch_name="错")
                    raise ValueError
            except ValueError:
                pass
            OwnAccount.objects.update(branch_name="对")

        assert verify_rows() == []
        assert RowChange.objects.filter(relation="masterdata_ownaccount").count() == 2


class TestHand:
    def test_tells_who_acted_and_from_where(self, world):
        with acting_from("10.0.0.7", actor=lambda: world["admin"]):
            OwnAccount.objects.update(branch_name="新支行")

        from audit import hand

        change = RowChange.objects.filter(relation="masterdata_ownaccount").latest("pk")
        told = hand.read(change.hand)
        assert (told.user_id, told.name, told.origin) == (world["admin"].pk, "admin", "10.0.0.7")
        assert change.said == {str(world.account.pk): {"branch_name": ["中国银行", "新支行"]}}

    def test_is_refused_when_a_letter_of_it_differs(self, world):
        from audit import hand

        told = RowChange.objects.latest("pk").hand

        assert hand.read(told) is not None
        assert hand.read("A" + told[1:]) is None
        assert hand.read("") is None


class TestRules:
    def test_every_table_of_the_house_keeps_a_history_or_has_a_reason(self, db):
        told = {table.label for table in kept()}
        ours = {
            model._meta.label_lower
            for model in apps.get_models()
            if model._meta.app_label in rules().houses and not model._meta.proxy
        }

        assert ours - told == {name for name in rules().exempt if name in ours}
        assert all(rules().exempt.values())

    def test_no_secret_is_kept_in_clear(self, world):
        world["maker"].set_password("a new long password 9")
        world["maker"].save()

        change = RowChange.objects.filter(relation="masterdata_user").latest("pk")
        assert "password" not in str(change.said)


class TestVerifyAudit:
    def test_is_green_and_after_an_update_by_hand_red_with_the_number_of_the_row(self, world):
        out = StringIO()
        call_command("verify_audit", stdout=out)
        with stranger() as cursor:
            cursor.execute("UPDATE payments_limit SET amount = 1")
            cursor.execute(
                "UPDATE masterdata_membership SET role = 'releaser' WHERE user_id = %s",
                [world["maker"].pk],
            )
        red = StringIO()

        with pytest.raises(CommandError):
            call_command("verify_audit", stdout=red)

        assert "完整" in out.getvalue()
        assert "masterdata.membership#" in red.getvalue()


class TestMigrate:
    def test_takes_in_what_a_migration_changed_and_keeps_what_was_in_doubt_before(self, world):
        """The migration: a column with a default, which no trigger sees."""
        with superuser() as cursor:
            cursor.execute("UPDATE masterdata_ownaccount SET number = '999'")
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE masterdata_company ADD COLUMN extra text NOT NULL DEFAULT 'x'"
            )
        err = StringIO()
        try:
            call_command("migrate", verbosity=0, stderr=err)

            assert found() == {f"masterdata.ownaccount#{world.account.pk}"}
            assert f"masterdata.ownaccount#{world.account.pk}" in err.getvalue()
            assert Entry.objects.latest("pk").event == "audit.rows.adopted"
        finally:
            with connection.cursor() as cursor:
                cursor.execute("ALTER TABLE masterdata_company DROP COLUMN extra")
            row_sql.install()

    def test_links_name_every_change(self, world):
        told = sum(
            entries.count(" h") + entries.startswith("h")
            for entries in Link.objects.values_list("entries", flat=True)
        )

        assert told == RowChange.objects.count()
