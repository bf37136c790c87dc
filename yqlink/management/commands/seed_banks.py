"""`manage.py seed_banks`: every demo company that pays gets a linked account at every simulated bank.

A bank that pays from the one account of its contract has one of head office's. Where a bank tells no balances, what an account was
opened with is entered: without a balance nothing is released.

The running simulators tell what they admit (`$SIM_CONTROL_URL`); the accounts are opened there with the demo's funds and
listed in `bank_accounts.json`.
"""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from bankbridge.services import profiles
from kernel import clock
from kernel.secrets import Secret
from masterdata import selectors
from masterdata.services import seeding
from masterdata.services.accounts import AccountDraft
from masterdata.services.banks import HEAD_OFFICES
from payments.services import baseline
from statements import selectors as statements
from statements.rules import BalanceFigure
from statements.services import record_balances
from yqlink.management import demo
from yqlink.management.commands.seed_demo import write_private

if TYPE_CHECKING:
    from masterdata.models import Company, Connection

FUNDS = "1000000000.00"
HEAD = "1000"
SUBJECT = "1002.{:02d}"
OFFICES = {office.slug: office for office in HEAD_OFFICES if office.slug}
SUBJECTS_FROM = 21  # below it stand the subjects of the demo's other accounts


class Command(BaseCommand):
    """Lay down the accounts; a second run changes nothing but the simulators' addresses."""

    help = "An account at every simulated bank for every demo company that pays (idempotent)"

    def handle(self, *args: object, **options: Any) -> None:
        """Connections, accounts, go-live in one transaction; then the same accounts at the simulators."""
        if settings.CHANNEL != "simulator":
            raise CommandError("the demo is never laid down beside a live channel")
        control = os.environ.get("SIM_CONTROL_URL", "http://127.0.0.1:8801/_sim/")
        told = httpx.get(f"{control}connections", timeout=30, trust_env=False).json()
        codes = {draft.code for draft, _ in demo.COMPANIES}
        payers = {spec.company for spec in demo.ACCOUNTS if spec.is_linked} & codes
        companies = {
            company.code: company
            for company in selectors.visible_companies(selectors.system_scope())
            if company.code in payers
        }
        opened: list[dict[str, str]] = []
        with transaction.atomic():
            profiles.sync()
            for place, (slug, said) in enumerate(sorted(told.items())):
                if slug == demo.CONNECTION["bank_slug"]:
                    continue
                if slug not in OFFICES:
                    self.stdout.write(
                        f"{slug}: no head office in masterdata/services/banks.py, no account opened"
                    )
                    continue
                has_one = "payer_account" in said["parameters"]
                at = {code: companies[code] for code in ([HEAD] if has_one else companies)}
                opened += self._at(slug, said, SUBJECT.format(SUBJECTS_FROM + place), at)
        answer = httpx.post(f"{control}accounts", json=opened, timeout=60, trust_env=False)
        answer.raise_for_status()
        self._enter_balances(
            {one["number"] for one in opened if not profiles.tells_balances(one["bank"])}
        )
        folder = Path(os.environ.get("YQLINK_DEMO_DIR", str(settings.HOME / "demo")))
        write_private(folder / "bank_accounts.json", opened)

    @staticmethod
    def _enter_balances(numbers: set[str]) -> None:
        """What the accounts were opened with, once."""
        accounts = selectors.visible_accounts(selectors.system_scope()).filter(number__in=numbers)
        figures = [
            BalanceFigure(
                account_id=one.pk, currency=one.currency, book=Decimal(FUNDS), available=None, frozen=None,
                as_of=clock.today(),
            )
            for one in accounts
            if statements.latest_balance(one.pk) is None
        ]  # fmt: skip
        record_balances(figures=figures)

    def _at(
        self,
        slug: str,
        said: dict[str, Any],
        subject: str,
        companies: dict[str, Company],
    ) -> list[dict[str, str]]:
        office = OFFICES[slug]
        connection = self._connection(slug, office.name, said)
        pattern = said["sample"]
        found = []
        for place, (code, company) in enumerate(sorted(companies.items()), 1):
            # A bank whose messages name no payer debits the one account of its contract.
            contracted = str(said["parameters"].get("payer_account", ""))
            number = contracted or f"{pattern['number'][:-3]}{700 + place}"
            draft = AccountDraft(
                company_id=company.pk,
                cnaps=office.cnaps,
                branch_name=f"{office.name}江阴支行",
                number=number,
                name=company.name,
                gl_subject=subject,
                branch_code=pattern["branch"],
                connection_id=connection.pk,
            )
            seeding.ensure_account(draft, is_direct_link=True)
            operation = "pay_batch" if profiles.pays_batches(slug) else "pay"
            baseline.take_live(company, subject, source_note="演示上线单", operation=operation)
            found.append(
                {"number": number, "name": company.name, "bank": slug, "ibknum": pattern["branch"],
                 "balance": FUNDS, "company": code, "payees": profiles.payees_of(slug)}
            )  # fmt: skip
        return found

    def _connection(self, slug: str, name: str, said: dict[str, Any]) -> Connection:
        parameters = dict(said["parameters"])
        not_found = [code for code in parameters.pop("not_found_codes", "").split(",") if code]
        return seeding.ensure_connection(
            name=f"{name} 前置机（模拟）",
            values={"bank_slug": slug, "parameters": parameters, "not_found_codes": not_found},
            endpoints=said["endpoints"],
            credentials={key: Secret(value) for key, value in said["secrets"].items()},
        )
