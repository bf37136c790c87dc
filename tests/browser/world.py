"""The demo group in the test database with payments at every station, laid down by the real services."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.test import Client

from approvals.models import Policy, SigningKey
from kernel import clock
from kernel.secrets import Secret
from masterdata import selectors as masterdata
from masterdata.models import CounterpartyAccount, OutboundGate, OwnAccount, User
from masterdata.services.payees import decide_payees
from payments.models import ImportSet, PaymentInstruction, PaymentOrder
from payments.outcomes import ReportedOutcome
from payments.services import imports, instructions, orders
from statements.rules import EntryLine
from statements.services import record_entries
from tests.build import called_back, tell_balance
from tests.signing import hand_of
from yqlink.codes import Phone
from yqlink.supervisor import ROOT

PASSWORD = "a-password-of-the-browser-tests"  # of a database that lives for one run
ROWS = 60


@dataclass(frozen=True)
class World:
    """Numbers the tests look for."""

    waiting_import: int
    done: PaymentOrder
    unknown: PaymentOrder
    to_check: PaymentOrder
    to_approve: PaymentOrder
    to_release: PaymentOrder
    batch_no: str
    list_file: Path
    phones: dict[str, Phone]
    passphrase: str
    releaser_key: int
    cookies: dict[str, str]
    account_id: int
    connection_id: int
    company_id: int
    today: date
    month: str


def a_list(folder: Path, *, rows: int = ROWS, seed: int = 7) -> Path:
    """A payment list dated today."""
    subprocess.run(
        [sys.executable, str(ROOT / "tests" / "samples" / "make_payment_list.py"), "--rows", str(rows),
         "--seed", str(seed), "--day", clock.today().isoformat(), "--out", str(folder)],
        check=True,
    )  # fmt: skip
    return folder / "payments.xlsx"


def lay_down(folder: Path) -> World:
    """Seed the demo group, import a list, and leave its payments at every station."""
    call_command("seed_demo", verbosity=0)
    masterdata.forget_calendar()
    OutboundGate.objects.update_or_create(pk=1, defaults={"is_open": True, "epoch": 1})
    people = {user.username: user for user in User.objects.all()}
    for user in people.values():
        user.set_password(PASSWORD)
        user.save(update_fields=["password"])
    listed = a_list(folder / "first")
    first = imports.preview_import(
        data=listed.read_bytes(), filename=listed.name, actor=people["maker1"]
    )
    imports.confirm_import(import_id=first.pk, version=first.version, actor=people["maker1"])
    staged = CounterpartyAccount.objects.filter(state="staged").values_list("pk", flat=True)
    began = clock.now()
    decide_payees(
        account_ids=list(staged)[2:], confirm=True, actor=people["admin1"], why="已电话核实"
    )
    for payee in CounterpartyAccount.objects.filter(state="confirmed", decided_at__gte=began):
        called_back(payee, caller=people["checker2"], confirmer=people["admin2"])
    for account in OwnAccount.objects.filter(is_direct_link=True):
        tell_balance(account, "999876543.21")
    walk(people, Secret(passphrase := demo_password(folder)))
    batch_no = answer_some()
    tell_statements()
    second = a_list(folder / "second", rows=40, seed=8)
    waiting = imports.preview_import(
        data=second.read_bytes(), filename=second.name, actor=people["maker1"]
    )
    account = OwnAccount.objects.filter(is_direct_link=True).order_by("number")[0]
    return World(
        waiting_import=ImportSet.objects.get(pk=waiting.pk).pk,
        done=by_instruction("succeeded"),
        unknown=by_instruction("unknown"),
        to_check=in_state("pending_check"),
        to_approve=in_state("pending_approval"),
        to_release=in_state("pending_release"),
        batch_no=batch_no,
        list_file=second,
        phones=phones(folder),
        passphrase=passphrase,
        releaser_key=SigningKey.objects.get(user=people["releaser1"]).pk,
        cookies={name: a_session(user) for name, user in people.items()},
        account_id=account.pk,
        connection_id=account.connection_id,
        company_id=account.company_id,
        today=clock.today(),
        month=f"{clock.today():%Y-%m}",
    )


def demo_password(folder: Path) -> str:
    """The one password of the demo people, which their signing keys are under."""
    logins = json.loads((folder / "logins.json").read_text("utf-8"))
    return str(logins["users"][0]["password"])


def a_session(user: User) -> str:
    """A session of this person, as the two steps of the sign-in page leave it: what its cookie holds."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def phones(folder: Path) -> dict[str, Phone]:
    """The code generator of each demo person."""
    logins = json.loads((folder / "logins.json").read_text("utf-8"))
    return {one["username"]: Phone(one["totp_secret"]) for one in logins["users"]}


def in_state(state: str) -> PaymentOrder:
    """Some order of that state."""
    return PaymentOrder.objects.filter(state=state).order_by("pk")[0]


def by_instruction(state: str) -> PaymentOrder:
    """Some order whose instruction is in that state."""
    return PaymentInstruction.objects.filter(state=state).order_by("pk")[0].order


def walk(people: dict[str, User], passphrase: Secret) -> None:
    """Check most, approve and release part of them."""
    assert Policy.objects.exists()

    def some(state: str, keep: int) -> list[tuple[int, int, str]]:
        found = PaymentOrder.objects.filter(state=state).order_by("pk")[keep:]
        return [(one.pk, one.version, one.content_hash) for one in found]

    steps: list[tuple[Callable[..., object], str, str, int]] = [
        (orders.check_orders, "checker1", "pending_check", 6),
        (orders.approve_orders, "approver1", "pending_approval", 4),
        (orders.approve_orders, "approver2", "pending_approval", 4),
        (orders.release_orders, "releaser1", "pending_release", 4),
    ]
    for act, who, state, keep in steps:
        act(items=some(state, keep), actor=people[who], hand=hand_of(people[who], passphrase))


def answer_some() -> str:
    """The bank's word on one batch: paid, refused, one accepted for now, and one it says nothing of."""
    row = PaymentInstruction.objects.filter(state="queued").order_by("pk")[0]
    batch = instructions.claim_batches(connection_id=row.connection_id, limit=1, lease_s=60)[0]
    rows = list(PaymentInstruction.objects.filter(state="sending").order_by("pk"))
    fates = ["", "failed", *["succeeded"] * (len(rows) - 3), "accepted"]
    said = [
        ReportedOutcome(bank_ref=one.bank_ref, fate=fate, bank_serial=f"S{one.pk:08d}")
        for one, fate in zip(rows, fates, strict=True)
        if fate
    ]
    instructions.record_outcomes(claim=batch, outcomes=said)
    found = rows[0]
    found.refresh_from_db()
    assert found.batch is not None
    return str(found.batch.batch_no)


def tell_statements() -> None:
    """A few entries of every direct-linked account."""
    today = clock.today()
    for account in OwnAccount.objects.filter(is_direct_link=True):
        lines = [
            EntryLine(
                bank_date=today, booked_at=clock.now(), bank_serial=f"{account.pk}{number:06d}",
                direction="credit" if number % 3 else "debit", amount=Decimal("1234.50") * number,
                currency="CNY", counterparty_name="江阴恒源化工有限公司",
                counterparty_account="110912345678901", narrative="货款",
            )
            for number in range(1, 9)
        ]  # fmt: skip
        record_entries(account_id=account.pk, lines=lines)
