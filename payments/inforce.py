"""What is in force for payments: the strategy, the calendar and the banks' rules, read once for as many as one likes.

Reads only. `met` answers which versions a payment met, to be stored with it.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from kernel import clock
from kernel.clock import Calendar
from kernel.errors import Finding
from masterdata import selectors as masterdata
from masterdata.strategies import Decided, Strategies
from masterdata.topics import TopicT
from payments import routing
from payments.routing import RouteRules, Terms
from payments.topics import BankProduct, GoLive, SendWindow

if TYPE_CHECKING:
    from masterdata.models import OwnAccount
    from payments.models import PaymentOrder

PRODUCTS = frozenset({"pay", "pay_batch"})


class InForce:
    """The rules as of `day` and later; one for each command."""

    def __init__(
        self,
        day: date | None = None,
        *,
        strategies: Strategies | None = None,
        calendar: Calendar | None = None,
    ) -> None:
        self.day = day or clock.today()
        self._strategies, self._calendar = strategies, calendar
        self._products: dict[str, frozenset[str]] = {}

    @cached_property
    def strategies(self) -> Strategies:
        """The strategy, read at its first use."""
        return self._strategies or Strategies(self.day)

    @cached_property
    def calendar(self) -> Calendar:
        """Working days."""
        return self._calendar or masterdata.calendar()

    @property
    def today(self) -> Decided:
        """What is decided on the day itself."""
        return self.strategies.on(self.day)

    def value(self, topic: type[TopicT], account: OwnAccount) -> TopicT:
        """The values of a topic today for payments from this account."""
        return self.today.of(topic, account.company, account.gl_subject)[0]

    def rules(self, bank: str, day: date) -> RouteRules:
        """Caps and windows of a bank (CNAPS prefix) on a day; raises NotDecided."""
        return self.strategies.on(day).of_bank(RouteRules, bank)[0]

    def terms(self, account: OwnAccount) -> Terms:
        """What the bank and the house allow for payments from this account."""

        def window(day: date) -> routing.Window:
            decided = self.strategies.on(day)
            return decided.of(SendWindow, account.company, account.gl_subject)[0].window()

        return Terms(lambda day: self.rules(account.cnaps[:3], day), self.calendar, window)

    def route(self, order: PaymentOrder, now: datetime) -> routing.Decision:
        """The router's word on an order at `now`."""
        payment = routing.Payment(
            payer_prefix=order.payer_account.cnaps[:3],
            payee_prefix=order.payee_cnaps[:3],
            amount=order.amount,
            currency=order.currency,
            is_urgent=order.is_urgent,
            wish_date=order.wish_date,
        )
        return routing.choose(payment, now=now, terms=self.terms(order.payer_account))

    def arrival(self, order: PaymentOrder, name: str, at: datetime) -> routing.Arrival:
        """When the payee has the money, if the order is sent at `at` by this clearing system."""
        return routing.arrival(name, at=at, terms=self.terms(order.payer_account))

    def switches(self, account: OwnAccount) -> list[Finding]:
        """What keeps payments from this account from being sent: its company and subject not live, or no product."""
        pair = f"公司 {account.company.code} + 科目 {account.gl_subject}"
        english = f"company {account.company.code} + subject {account.gl_subject}"
        found = []
        if not self.value(GoLive, account).is_live:
            found.append(
                Finding("GO_LIVE", "hold", f"{pair} 尚未上线，不发送", f"{english} is not live")
            )
        product = self.value(BankProduct, account).operation
        if not product:
            text = f"{pair} 没有对应的银行付款产品"
            found.append(Finding("PRODUCT", "hold", text, f"{english} names no bank product"))
        elif product not in self._offered(account):
            text = f"{pair} 对应的付款产品（{product}）付款银行不提供"
            found.append(Finding("PRODUCT", "hold", text, f"the bank does not offer {product}"))
        return found

    def _offered(self, account: OwnAccount) -> frozenset[str]:
        """The payment products of the account's bank; every one where its adapter declared none yet."""
        slug = account.connection.bank_slug if account.connection is not None else ""
        if slug not in self._products:
            profile = masterdata.declared_profile(slug)
            declared = frozenset(profile.abilities if profile is not None else ())
            self._products[slug] = declared & PRODUCTS or PRODUCTS
        return self._products[slug]

    def met(self, account: OwnAccount, *topics: type[Any]) -> dict[str, Any]:
        """The versions of these topics that rule payments from this account today."""
        company, subject = account.company, account.gl_subject
        told: dict[str, Any] = {}
        for topic in topics:
            if topic.keyed_by == "bank":
                told[topic.key] = self.today.of_bank(topic, account.cnaps[:3])[1]
            else:
                told[topic.key] = self.today.of(topic, company, subject)[1]
        return told
