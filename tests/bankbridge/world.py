"""Payments walked through the real services to the queue."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count

from django.db import transaction

from bankbridge.services import profiles
from kernel import clock
from kernel.secrets import Secret
from masterdata import selectors as masterdata
from masterdata.models import Connection, Membership, OutboundGate, User
from masterdata.services import connections, payees
from masterdata.services.payees import PayeeProposal
from payments.content import OrderRequest
from payments.models import PaymentInstruction
from payments.services import orders
from tests.bankbridge.bank import PAYEE, PAYER
from tests.build import long_ago, matrix_row, taken_live, tell_balance
from tests.signing import hand_of
from tests.statements.rows import a_company, an_account

_numbers = count(1)


@dataclass(frozen=True)
class AtBank:
    """Where the company banks: adapter, account and its branch, what the connection is told, which product pays."""

    slug: str
    account: str
    branch: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    not_found_codes: list[str] = field(default_factory=list)
    credentials: dict[str, str] = field(default_factory=lambda: {"oprpwd": "secret"})
    product: str = "pay_batch"
    endpoints: dict[str, str] = field(
        default_factory=dict
    )  # further roles → path below the main one
    tells_row_balances: bool = (
        True  # without them the day's balance is not checked before it is over
    )
    name: str = "示例贸易有限公司"  # of the account, as the bank knows it
    payee_bank: tuple[str, str] = ("中国建设银行上海分行", "105100000017")  # name and code
    tells_entries: bool = True


BOC = AtBank(
    "boc", PAYER, "40303", {"termid": "E127000000001", "custid": "30011223", "cusopr": "OPR01"}
)


class World:
    """One company, one account, one payee, and the people."""

    def __init__(self, at: AtBank = BOC) -> None:
        self.payer, self.at = at.account, at
        OutboundGate.objects.update_or_create(pk=1, defaults={"is_open": True, "epoch": 1})
        profiles.sync()
        self.company = a_company()
        self.people = {
            role: self._person(role)
            for role in ("maker", "checker", "releaser", "recon_accountant", "admin", "auditor")
        }
        self.connection = Connection.objects.create(
            name="前置机",
            bank_slug=at.slug,
            endpoints={"main": "http://127.0.0.1:9/"},
            parameters=at.parameters,
            not_found_codes=at.not_found_codes,
            connect_timeout_s=3,
            read_timeout_s=5,
        )
        with transaction.atomic():
            secrets = {name: Secret(value) for name, value in at.credentials.items()}
            connections.write_credentials(self.connection, secrets, actor=None)
        self.account = an_account(
            at.account,
            company=self.company,
            connection=self.connection,
            branch_code=at.branch,
            name=at.name,
        )
        taken_live(self.account, operation=at.product)
        matrix_row()
        self._payee()
        self.fund("1000000.00")

    def _person(self, role: str) -> User:
        user = User.objects.create(username=role, display_name=role, person_key=f"p-{role}")
        Membership.objects.create(user=user, company=self.company, role=role)
        return user

    def _payee(self) -> None:
        proposal = PayeeProposal("S001", "样例供应商有限公司", PAYEE, *self.at.payee_bank)
        with transaction.atomic():
            (account,) = payees.stage_payees(
                proposals=[proposal], actor=self.people["maker"]
            ).values()
            payees.decide(
                account, confirm=True, actor=self.people["admin"], why="", in_use_since=long_ago()
            )

    def fund(self, book: str) -> None:
        """A balance as if just pulled."""
        tell_balance(self.account, book)

    def connection_now(self) -> Connection:
        """The connection's row as it is now."""
        return Connection.objects.get(pk=self.connection.pk)

    def reach(self, url: str) -> None:
        """Point the connection at a bank."""
        others = {role: url.rstrip("/") + path for role, path in self.at.endpoints.items()}
        told = {"main": url} | others
        Connection.objects.filter(pk=self.connection.pk).update(endpoints=told)

    def queue(self, *amounts: str) -> list[PaymentInstruction]:
        """Released payments of these amounts, waiting to be sent."""
        items = []
        for amount in amounts:
            request = OrderRequest(
                company_code=self.company.code,
                payer_number=self.payer,
                payee_number=PAYEE,
                payee_code="S001",
                payee_name="样例供应商有限公司",
                payee_bank=self.at.payee_bank[0],
                payee_cnaps=self.at.payee_bank[1],
                amount=Decimal(amount),
                wish_date=clock.today(),
                purpose=f"货款 {next(_numbers)}",
            )
            items.append(orders.create_order(request=request, maker=self.people["maker"]).pk)
        self._through(orders.submit_orders, "maker", items)
        self._through(orders.check_orders, "checker", items)
        self._through(orders.release_orders, "releaser", items)
        return list(PaymentInstruction.objects.filter(order_id__in=items).order_by("pk"))

    def _through(self, step, role: str, ids: list[int]) -> None:
        from payments.models import PaymentOrder

        rows = PaymentOrder.objects.filter(pk__in=ids)
        seen = [(o.pk, o.version, "" if role == "maker" else o.content_hash) for o in rows]
        actor = self.people[role]
        signed = {} if role == "maker" else {"hand": hand_of(actor)}
        result = step(items=seen, actor=actor, **signed)
        assert not result.refused, result.refused

    def scope(self, role: str):
        """What a person may see and do."""
        return masterdata.scope_of(self.people[role])
