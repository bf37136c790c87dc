"""Attacks on standing mandates: wider terms, other accounts, borrowed signatures, ended ones, and a limit used twice."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from threading import Barrier
from typing import Any

from kernel.errors import Conflict
from tests.insider.attacks import Attack
from tests.insider.ground import Database, Ground
from tests.insider.on_rules import Refused


class Mandated:
    """The ground with a mandate its releaser signed: 50,000 an item, 80,000 a day, up to an own account."""

    def __init__(self, ground: Ground) -> None:
        self.world = ground.world
        self.target = self.an_account("440098765432")
        self.made = self.a_mandate(self.target)
        self.sign(self.made)

    def an_account(self, number: str) -> Any:
        """An own account beside the payer's."""
        from masterdata.models import OwnAccount

        return OwnAccount.objects.create(
            company=self.world.company, bank=self.world.account.bank, cnaps="104100000004",
            branch_name="中国银行", number=number, name="示例贸易有限公司", gl_subject="100202",
        )  # fmt: skip

    def a_mandate(self, target: Any, **dated_for: Any) -> Any:
        """A version as two administrators would have laid it down; nobody signed it."""
        from django.db import transaction

        from masterdata.services import dated

        values = {
            "payer": self.world.account.pk, "target": target.pk, "currency": "CNY",
            "item": "50000.00", "day": "80000.00", "month": "100000.00",
        }  # fmt: skip
        said = {"valid_from": date(2026, 1, 1), "source_note": "资金管理办法"} | dated_for
        with transaction.atomic():
            return dated.lay_down(
                kind_name="approvals.standing", proposal=dated.Proposal(values=values, **said)
            )

    def sign(self, mandate: Any, who: str = "releaser") -> None:
        """With the person's own key."""
        from approvals.services import Signing
        from approvals.standing import services as standing
        from tests.build import step_up
        from tests.signing import signer_of

        actor = self.world.people[who]
        signing = Signing(signer=signer_of(actor), shown=b"{}", stepup=step_up(actor))
        standing.sign(authority_id=mandate.pk, actor=actor, signing=signing)

    def draft(self, amount: str, target: Any = None) -> int:
        """What a schedule drafts; the id of the order."""
        from django.db import transaction

        from kernel import clock
        from masterdata.selectors import scope_of
        from payments.content import OrderRequest
        from payments.models import PaymentOrder
        from payments.services.drafting import draft_order

        maker, to = self.world.people["maker"], target or self.target
        to.refresh_from_db()
        request = OrderRequest(
            company_code=self.world.company.code, payer_number=self.world.payer, payee_number=to.number,
            payee_name=to.name, amount=Decimal(amount), currency="CNY", wish_date=clock.today(),
            purpose="资金上划", kind="internal", source_system="collection", erp_doc_type="归集",
            erp_doc_no=f"GJ1-{PaymentOrder.objects.count()}",
        )  # fmt: skip
        with transaction.atomic():
            return int(draft_order(request=request, maker=maker, scope=scope_of(maker)).pk)

    def release(self, order_id: int, row: str = "") -> int:
        """By the mandate; raises Refused with why it waits for people."""
        from payments.services.standing import release_by_standing

        if why := release_by_standing(order_id=order_id):
            raise Refused(row, Conflict(why, "it waits for people"))
        return order_id


Do = Callable[[Mandated, Database], str]


def _on(do: Do) -> Callable[[Ground, Database], str]:
    return lambda ground, db: do(Mandated(ground), db)


def _altered(sql: str, label: str, amount: str = "60000.00") -> Any:
    """A row altered, and then a sweep that only what it says now would let go."""

    def do(it: Mandated, db: Database) -> str:
        ((pk,),) = db.behind(f"{sql} RETURNING id")
        it.release(it.draft(amount), f"{label}#{pk}")
        return f"{label}#{pk}"

    return _on(do)


def _too_early(it: Mandated, db: Database) -> str:
    other = it.an_account("440011112222")
    mandate = it.a_mandate(other, valid_from=date(2026, 12, 1))
    it.sign(mandate)
    db.behind(
        "UPDATE approvals_standingauthority SET valid_from = '2026-01-01' WHERE id = %s", mandate.pk
    )
    row = f"approvals.standingauthority#{mandate.pk}"
    it.release(it.draft("1000.00", other), row)
    return row


def _account_altered(it: Mandated, db: Database) -> str:
    db.plain("UPDATE masterdata_ownaccount SET number = '6222000666' WHERE id = %s", it.target.pk)
    row = f"masterdata.ownaccount#{it.target.pk}"
    it.release(it.draft("1000.00"), row)
    return row


def _signature_borrowed(it: Mandated, db: Database) -> str:
    other = it.an_account("440011113333")
    mandate = it.a_mandate(other)
    ((pk,),) = db.behind(
        """
        INSERT INTO approvals_standingsignature SELECT (s).* FROM (
            SELECT jsonb_populate_record(NULL::approvals_standingsignature, to_jsonb(p)
                || jsonb_build_object('id', 990010, 'authority_id', %s)) AS s
            FROM approvals_standingsignature p WHERE authority_id = %s) AS made RETURNING id
        """,
        mandate.pk, it.made.pk,
    )  # fmt: skip
    row = f"approvals.standingsignature#{pk}"
    it.release(it.draft("1000.00", other), row)
    return row


def _stop_deleted(it: Mandated, db: Database) -> str:
    from approvals.standing import services as standing

    actor = it.world.people["admin"]
    made = standing.stop(authority_id=it.made.pk, actor=actor, why="账户异常")
    db.behind("DELETE FROM approvals_standingstop")
    row = f"approvals.standingstop#{made.pk}"
    it.release(it.draft("1000.00"), row)
    return row


def _withdrawal_deleted(it: Mandated, db: Database) -> str:
    over = it.a_mandate(
        it.target, line=it.made.line, is_withdrawn=True, valid_from=date(2026, 11, 24)
    )
    db.behind("DELETE FROM approvals_standingauthority WHERE id = %s", over.pk)
    row = f"approvals.standingauthority#{over.pk}"
    it.release(it.draft("1000.00"), row)
    return row


def _limit_wiped(it: Mandated, db: Database) -> str:
    it.release(it.draft("50000.00"))
    ((pk,),) = db.behind("DELETE FROM approvals_standingrelease RETURNING id")
    row = f"approvals.standingrelease#{pk}"
    it.release(it.draft("40000.00"), row)
    return row


def _limit_freed(it: Mandated, db: Database) -> str:
    order_id = it.release(it.draft("50000.00"))
    ((pk,),) = db.behind(
        "UPDATE payments_paymentinstruction SET state = 'failed' WHERE order_id = %s RETURNING id",
        order_id,
    )
    row = f"payments.paymentinstruction#{pk}"
    it.release(it.draft("40000.00"), row)
    return row


def _after_release(sql: str) -> Any:
    """A sweep that is queued already, and what stands for it altered."""

    def do(it: Mandated, db: Database) -> str:
        it.release(it.draft("50000.00"))
        ((pk,),) = db.behind(f"UPDATE approvals_standingrelease SET {sql} RETURNING id")
        return f"approvals.standingrelease#{pk}"

    return _on(do)


def _forged(it: Mandated, db: Database) -> str:
    from approvals.models import StandingRelease
    from approvals.standing.verifying import MESSAGE
    from kernel import signatures

    it.release(it.draft("50000.00"))
    done, kind = StandingRelease.objects.get(), signatures.Algorithm.ECDSA
    private, point = signatures.generate(kind)
    mark = signatures.sign(kind, private, point, MESSAGE + done.statement.encode())
    db.behind("UPDATE approvals_standingrelease SET point = %s, signature = %s", point, mark)
    return f"approvals.standingrelease#{done.pk}"


def _by_the_maker(it: Mandated, db: Database) -> str:
    """The maker, made a releaser behind the platform's back, signs a mandate for the sweeps drafted in the own name."""
    ((pk,),) = db.plain(
        "INSERT INTO masterdata_membership (user_id, company_id, role) VALUES (%s, %s, 'releaser') RETURNING id",
        it.world.people["maker"].pk, it.world.company.pk,
    )  # fmt: skip
    other = it.an_account("440011114444")
    mandate = it.a_mandate(other)
    it.sign(mandate, "maker")
    row = f"masterdata.membership#{pk}"
    it.release(it.draft("1000.00", other), row)
    return row


def _by_its_administrator(it: Mandated, db: Database) -> str:
    """An administrator signs the wider terms of their own."""
    it.sign(it.a_mandate(it.an_account("440011115555")), "admin")
    return ""


def _on_the_web_host(it: Mandated, db: Database) -> str:
    order_id, kept = it.draft("1000.00"), os.environ.pop("SEAL_PRIVATE_KEYS")
    try:
        it.release(order_id)
    finally:
        os.environ["SEAL_PRIVATE_KEYS"] = kept
    return ""


def _the_last_of_it_twice(it: Mandated, db: Database) -> str:
    """Two workers at once, for what is left only once; raises Refused for the one that came second."""
    from django.db import connection

    pair, together = [it.draft("50000.00") for _ in range(2)], Barrier(2)

    def release(order_id: int) -> Refused | None:
        together.wait(timeout=60)
        try:
            it.release(order_id)
        except Refused as refused:
            return refused
        finally:
            connection.close()
        return None

    with ThreadPoolExecutor(2) as pool:
        told = [one for one in pool.map(release, pair) if one is not None]
    if len(told) == 1:
        raise told[0]
    return ""


_BOTH = {"is_prevented": True, "sends": True, "spares": ("first", "second")}
_REFUSED = {"is_prevented": True, "is_detected": False}
_TERMS = "UPDATE approvals_standingauthority SET"
_AUTHORITY = "approvals.standingauthority"

ATTACKS = [
    Attack("改大常设授权的上限，再超额上划", _altered(f"{_TERMS} item = 900000, day = 900000, month = 900000", _AUTHORITY), **_BOTH),
    Attack("常设授权改到别的币种", _altered(f"{_TERMS} currency = 'USD'", _AUTHORITY, "1000.00"), **_BOTH),
    Attack("常设授权提前生效", _on(_too_early), **_BOTH),
    Attack("改归集账户的账号，再上划", _on(_account_altered), **_BOTH),
    Attack("把他份常设授权的签名挪来", _on(_signature_borrowed), **_BOTH),
    Attack("删除常设授权的停用，再上划", _on(_stop_deleted), **_BOTH),
    Attack("删除常设授权的撤销版本，再上划", _on(_withdrawal_deleted), **_BOTH),
    Attack("删除已放行记录，再用一次当日上限", _on(_limit_wiped), **_BOTH),
    Attack("把已放行的上划改为失败，腾出上限", _on(_limit_freed), **_BOTH),
    Attack("放行后改常设授权的陈述", _after_release("statement = replace(statement, '50000.00', '40000.00')"), **_BOTH),
    Attack("放行后改授权记录的金额", _after_release("amount = 1"), **_BOTH),
    Attack("用自己的密钥冒充平台放行", _on(_forged), **_BOTH),
    Attack("制单人自签常设授权", _on(_by_the_maker), **_BOTH),
    Attack("提出条款的管理员签署常设授权", _on(_by_its_administrator), **_REFUSED),
    Attack("在网页主机上由常设授权放行", _on(_on_the_web_host), **_REFUSED),
    Attack("两个进程争用常设授权最后的额度", _on(_the_last_of_it_twice), **_REFUSED),
]  # fmt: skip
