"""A payment tried on the matrix says what its submission would say, and the gaps are where it would be refused."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from approvals.trial import trial
from kernel import clock
from kernel.errors import InvalidInput
from masterdata.roles import Role
from tests.build import a_company, a_user, an_account, matrix_row

pytestmark = pytest.mark.django_db


@pytest.fixture
def company(frozen_clock):
    return a_company("G")


def tried(company, **changes):
    values = {
        "company_id": company.pk, "account_id": None, "payment_type": "supplier", "payee_class": "new",
        "amount": "100.00", "currency": "CNY", "on": clock.today(),
    }  # fmt: skip
    return trial(**(values | changes))


class TestTrial:
    def test_names_the_row_and_its_steps(self, company):
        matrix_row(0, high="50000")
        row = matrix_row(2, low="50000")

        found = tried(company, amount="60000.00")

        assert (found.rule.line, found.steps, found.gaps) == (row.line, "审批 2 人", [])

    def test_tells_every_gap_of_types_classes_and_bands(self, company):
        matrix_row(1, low="100", high="50000", types=["supplier"])

        found = tried(company, amount="99.99")

        assert found.rule is None
        supplier = [gap for gap in found.gaps if gap.payment_type == "供应商付款"]
        assert supplier[0].bands == [(Decimal("0.01"), Decimal(100)), (Decimal(50000), None)]
        assert next(gap.bands for gap in found.gaps if gap.payment_type == "代发") == [
            (Decimal("0.01"), None)
        ]

    @pytest.mark.parametrize("amount", ["0", "-5", "1.001", "abc"])
    def test_wants_an_amount(self, company, amount):
        with pytest.raises(InvalidInput) as caught:
            tried(company, amount=amount)

        assert caught.value.field == "amount"

    def test_wants_an_account_of_the_company(self, company):
        stranger = an_account(company=a_company("X"))

        with pytest.raises(InvalidInput) as caught:
            tried(company, account_id=stranger.pk)

        assert caught.value.field == "account"


class TestPage:
    def test_shows_what_would_be_refused(self, company):
        matrix_row(0, high="50000")
        client = Client()
        client.force_login(a_user(Role.ADMIN, company=company))
        asked = {
            "company": company.pk, "payment_type": "supplier", "payee_class": "new",
            "amount": "5万", "currency": "CNY", "on": clock.today().isoformat(),
        }  # fmt: skip

        wrong = client.get("/approvals/matrix/trial/", asked).content.decode()
        page = client.get("/approvals/matrix/trial/", asked | {"amount": "50,000"}).content.decode()

        assert "金额应为数字" in wrong
        assert "拒绝：没有规则覆盖这笔付款" in page
        assert "50,000.00" in page

    def test_offers_only_companies_in_sight(self, company):
        stranger = a_company("X")
        client = Client()
        client.force_login(a_user(Role.ADMIN, company=company))

        page = client.get("/approvals/matrix/trial/", {"company": stranger.pk}).content.decode()

        assert stranger.name not in page
