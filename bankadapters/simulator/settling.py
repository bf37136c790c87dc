"""How an instruction ends: executed, refused, paid to staff, sent back by the payee's bank.

A payment to another bank of the world debits here and credits there, unless that bank does not know the name; then the
money waits in the clearing account and comes back some hours later. The payer is debited when it is executed.
"""

from __future__ import annotations

from collections.abc import Callable

from bankadapters.simulator.books import Account, Books, Party, Posting, party_of
from bankadapters.simulator.faults import Faults, Seeded
from bankadapters.simulator.homes import home_of, home_of_code
from bankadapters.simulator.instructions import Detail, Instruction, same_name

FEE = 500
KNOWN = ("customer", "payee")


class Settling:
    """Books the ends of instructions; every method runs inside the books' transaction."""

    def __init__(
        self,
        books: Books,
        faults: Faults,
        seeded: Seeded,
        details_of: Callable[[Instruction], list[Detail]],
    ) -> None:
        self.books, self.faults, self.seeded, self.details_of = books, faults, seeded, details_of

    def execute(self, item: Instruction, at: float) -> None:
        """Debit the payer and credit the payee, or say why not; `return_at` where the money will come back."""
        item.settled_at = at
        payer = self.books.accounts[item.payer]
        if item.operation == "payroll":
            item.reason = self._pay_staff(item, payer, at)
        else:
            item.reason = self._verdict(
                item.bank, item.payee, item.payee_name, at_home=item.at_home
            )
            if not item.reason and payer.balance < item.amount:
                item.reason = "no_funds"
            if not item.reason:
                self._book_payment(item, payer, at)
        item.state = "failed" if item.reason else "settled"

    def _verdict(self, bank: str, number: str, name: str, *, at_home: bool) -> str:
        """Why this payee cannot be paid, or ''. A payee at this bank is compared with the books."""
        if "错名" in name or "户名不符" in name:
            return "wrong_name"
        if "销户" in name:
            return "payee_closed"
        known = self._own(bank, number) if at_home else None
        if known is None:
            return ""
        if known.closed:
            return "payee_closed"
        return "" if same_name(known.name, name) else "wrong_name"

    def _own(self, bank: str, number: str) -> Account | None:
        """The customer's or payee's account of that number at that bank."""
        found = self.books.account(number)
        return found if found is not None and found.slug == bank and found.kind in KNOWN else None

    def _elsewhere(self, item: Instruction) -> Account | None:
        """The payee's account at another bank of the world, if that is where the payment names it."""
        there = home_of_code(item.payee_ibk) or home_of(item.payee_bank)
        if item.at_home or there is None or there.slug == item.bank:
            return None
        return self._own(there.slug, item.payee)

    def _clearing(self, bank: str, ibk: str, *, at_home: bool) -> Account:
        head = "HOME" if at_home else (ibk[:3] if len(ibk) == 12 else "OTHER")
        return self.books.ensure(
            f"CLEARING-{bank}-{head}", name=f"清算资金往来 {head}", kind="clearing", slug=bank
        )

    def _book_payment(self, item: Instruction, payer: Account, at: float) -> None:
        own = self._own(item.bank, item.payee) if item.at_home else self._elsewhere(item)
        returns = self._comes_back(item, own)
        target = own
        if target is None or (returns and not item.at_home):
            target = self._clearing(item.bank, item.payee_ibk, at_home=item.at_home)
        payee = Party(item.payee, item.payee_name, item.payee_bank, item.payee_ibk)
        words = Posting(
            "payment",
            party_of(payer),
            payee,
            item.insid,
            item.id,
            purpose=item.purpose,
            remark=item.purpose,
        )
        self.books.post(debit=payer, credit=target, amount=item.amount, at=at, words=words)
        if self.faults.switch("fees") and not item.at_home:
            self._fee(item, payer, at)
        if target.kind == "clearing" and returns:
            item.return_at = at + self.seeded.between(2 * 3600, 6 * 3600, "return", item.insid)

    def _fee(self, item: Instruction, payer: Account, at: float) -> None:
        income = self.books.ensure(
            f"FEE-INCOME-{item.bank}", name="手续费收入", kind="income", slug=item.bank
        )
        words = Posting(
            "fee", party_of(payer), party_of(income), instruction=item.id, remark="跨行汇款手续费"
        )
        self.books.post(debit=payer, credit=income, amount=FEE, at=at, words=words)

    def _comes_back(self, item: Instruction, own: Account | None) -> bool:
        """Whether the payee's bank will send the money back: its books have no such name, or a fault says so."""
        is_elsewhere = own is not None and not item.at_home
        if (
            is_elsewhere
            and own is not None
            and (own.closed or not same_name(own.name, item.payee_name))
        ):
            return True
        return "退票" in item.payee_name or self.faults.item("late_returns", item.payee)

    def send_back(self, item: Instruction, at: float) -> None:
        """Credit the payer with what came back."""
        payer = self.books.accounts[item.payer]
        source = self._clearing(item.bank, item.payee_ibk, at_home=item.at_home)
        sender = Party(item.payee, item.payee_name, item.payee_bank, item.payee_ibk)
        remark = f"退票 原业务{item.obssid} {item.insid} 账号户名不符"
        words = Posting(
            "return", sender, party_of(payer), instruction=item.id, purpose="退票", remark=remark
        )
        self.books.post(debit=source, credit=payer, amount=item.amount, at=at, words=words)
        item.returned_at, item.state = at, "returned"
        if self.faults.item("late_returns", item.payee):
            self.faults.record("late_returns", operation=item.operation, insids=[item.insid])

    def credit(self, own: Account, payer: Party, amount: int, purpose: str, at: float) -> None:
        """A stranger's payment comes in."""
        source = self._clearing(own.slug, payer.ibk, at_home=False)
        words = Posting("credit", payer, party_of(own), purpose=purpose, remark=purpose)
        self.books.post(debit=source, credit=own, amount=amount, at=at, words=words)

    # payroll -------------------------------------------------------------------------------------------------

    def _pay_staff(self, item: Instruction, payer: Account, at: float) -> str:
        """One debit for the whole batch, one credit back for the details that failed."""
        details = self.details_of(item)
        for detail in details:
            detail.reason = self._verdict(
                item.bank, detail.number, detail.name, at_home=detail.at_home
            )
        failed = [d for d in details if d.reason]
        if len(failed) == len(details):
            self._mark(item, failed)
            return "all_details_failed"
        if payer.balance < item.amount:
            return "no_funds"
        suspense = self.books.ensure(
            f"PAYROLL-SUSPENSE-{item.bank}", name="代发工资过渡户", kind="suspense", slug=item.bank
        )
        into = Posting(
            "payroll",
            party_of(payer),
            party_of(suspense),
            item.insid,
            item.id,
            item.purpose,
            item.purpose,
        )
        self.books.post(debit=payer, credit=suspense, amount=item.amount, at=at, words=into)
        for detail in details:
            if not detail.reason:
                self._pay_one(item, detail, payer, suspense, at)
        self._refund(item, payer, suspense, failed, at)
        return ""

    def _pay_one(
        self, item: Instruction, detail: Detail, payer: Account, suspense: Account, at: float
    ) -> None:
        own = self._own(item.bank, detail.number) if detail.at_home else None
        target = own or self._clearing(item.bank, detail.ibk, at_home=detail.at_home)
        to = Party(detail.number, detail.name, detail.bank, detail.ibk)
        words = Posting("payroll_detail", party_of(payer), to, "", item.id, purpose=item.purpose)
        self.books.post(debit=suspense, credit=target, amount=detail.amount, at=at, words=words)

    def _refund(
        self, item: Instruction, payer: Account, suspense: Account, failed: list[Detail], at: float
    ) -> None:
        if not failed:
            return
        self._mark(item, failed)
        remark = f"代发失败退回 {item.insid} {len(failed)}笔"
        words = Posting(
            "payroll_refund", party_of(suspense), party_of(payer), "", item.id, "代发退回", remark
        )
        amount = sum(d.amount for d in failed)
        self.books.post(debit=suspense, credit=payer, amount=amount, at=at, words=words)

    def _mark(self, item: Instruction, failed: list[Detail]) -> None:
        marks = [(d.reason, item.id, d.number, d.name) for d in failed]
        update = "UPDATE details SET reason=? WHERE instruction=? AND number=? AND name=?"
        self.books.db.executemany(update, marks)
