"""Attacks on the memory itself: events, links, histories, triggers, the anchor file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.insider.attacks import Attack
from tests.insider.ground import Database, Ground


def _event(which: str, statement: str) -> Any:
    """One event: the newest, the oldest, or one in the middle."""
    chosen = {
        "last": "SELECT max(id) FROM audit_entry",
        "middle": "SELECT id FROM audit_entry ORDER BY id OFFSET 5 LIMIT 1",
    }[which]

    def do(ground: Ground, db: Database) -> str:
        ((pk,),) = db.behind(chosen)
        db.behind(statement, pk)
        return f"audit.entry#{pk}"

    return do


def _last_link_too(ground: Ground, db: Database) -> str:
    """The newest act with everything that knows of it inside the database."""
    ((seq, act),) = db.behind("SELECT seq, act FROM audit_link ORDER BY seq DESC LIMIT 1")
    db.behind("DELETE FROM audit_entry WHERE link_id = %s", act)
    db.behind("DELETE FROM audit_link WHERE seq = %s", seq)
    return f"audit.link#{seq}"


def _event_made_up(ground: Ground, db: Database) -> str:
    ((pk,),) = db.plain(
        """
        INSERT INTO audit_entry (at, event, actor_name, subject_kind, subject_id, before, after, why, origin, content_digest,
                                 link_id, leads)
        VALUES ('2026-11-24', 'payments.order.checked', 'checker', 'payments.paymentorder', %s, '{}', '{}', '', '', '',
                gen_random_uuid(), 1) RETURNING id
        """,
        str(ground.ready.pk),
    )
    return f"audit.entry#{pk}"


def _chain_forged_anew(ground: Ground, db: Database) -> str:
    """An event altered, and every digest after it made right again."""
    ((pk, old),) = db.behind(
        "SELECT id, content_digest FROM audit_entry ORDER BY id OFFSET 3 LIMIT 1"
    )
    db.behind("UPDATE audit_entry SET actor_name = '别人' WHERE id = %s", pk)
    ((new,),) = db.behind(
        "UPDATE audit_entry e SET content_digest = encode(sha256(convert_to(audit_content(e), 'UTF8')), 'hex') "
        "WHERE id = %s RETURNING content_digest", pk,
    )  # fmt: skip
    db.behind("UPDATE audit_link SET entries = replace(entries, %s, %s)", old, new)
    _forge_links(db)
    ((head,),) = db.behind("SELECT min(last_seq) FROM audit_anchor")
    return f"audit.link#{head}"


def _forge_links(db: Database) -> None:
    from kernel import seal

    previous = "0" * 64
    for seq, act, entries in db.behind("SELECT seq, act, entries FROM audit_link ORDER BY seq"):
        digest = seal.digest(f"{previous}:{seq}:{act}:{entries}".encode())
        db.behind(
            "UPDATE audit_link SET previous = %s, digest = %s WHERE seq = %s", previous, digest, seq
        )
        previous = digest


def _history_forged(ground: Ground, db: Database) -> str:
    """He writes the history of his own change, with a hand of the platform he saw, through the platform's own triggers."""
    ((hand,),) = db.behind("SELECT hand FROM audit_rowchange WHERE hand <> '' ORDER BY id LIMIT 1")
    pk = ground.world.account.pk
    db.plain(
        f"SET LOCAL yqlink.hand = '{hand}'; UPDATE masterdata_ownaccount SET number = '440099999999' WHERE id = {pk}"
    )
    return f"masterdata.ownaccount#{pk}"


def _history_rewritten(ground: Ground, db: Database) -> str:
    """Row and history altered alike, the link left."""
    pk = ground.first.order_id
    db.behind("UPDATE payments_paymentorder SET remark = 'x' WHERE id = %s", pk)
    ((change,),) = db.behind(
        "UPDATE audit_rowchange SET digests = ARRAY[repeat('0', 32)::bytea] WHERE id = (SELECT max(id) FROM audit_rowchange "
        "WHERE relation = 'payments_paymentorder' AND %s = ANY(ids)) RETURNING id", str(pk),
    )  # fmt: skip
    return f"audit.rowchange#{change}"


def _history_deleted(ground: Ground, db: Database) -> str:
    ((change,),) = db.behind(
        "DELETE FROM audit_rowchange WHERE id = (SELECT max(id) FROM audit_rowchange) RETURNING id"
    )
    return f"audit.rowchange#{change}"


def _history_emptied(ground: Ground, db: Database) -> str:
    db.plain("TRUNCATE audit_rowchange")
    return f"payments.paymentorder#{ground.first.order_id}"


def _trigger_off(ground: Ground, db: Database) -> str:
    db.plain("ALTER TABLE payments_paymentorder DISABLE TRIGGER zz_audit_rows_update")
    return "payments.paymentorder"


def _guard_off(ground: Ground, db: Database) -> str:
    db.plain("ALTER TABLE payments_paymentinstruction DISABLE TRIGGER USER")
    return "payments.paymentinstruction"


def _function_emptied(ground: Ground, db: Database) -> str:
    db.plain(
        "CREATE OR REPLACE FUNCTION audit_rows_masterdata_ownaccount() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN RETURN NULL; END'"
    )
    return "masterdata.ownaccount"


def _digest_function_replaced(ground: Ground, db: Database) -> str:
    """Row and history altered alike, and a digest function that tells whatever the chain wants to hear."""
    _history_rewritten(ground, db)
    db.plain(
        """
        CREATE OR REPLACE FUNCTION audit_change_digest(c audit_rowchange) RETURNS text LANGUAGE sql STABLE AS
        $$ SELECT substring(entries FROM 'h' || c.id || ':([0-9a-f]+)') FROM audit_link
           WHERE entries ~ ('(^| )h' || c.id || ':') LIMIT 1 $$
        """
    )
    return "audit.rowchange"


def _anchor_file(edit: Any) -> Any:
    def do(ground: Ground, db: Database) -> str:
        from django.conf import settings

        path = Path(settings.ANCHORS_FILE)
        lines = path.read_text("utf-8").splitlines()
        path.write_text("\n".join(edit(lines)) + "\n", "utf-8")
        return "锚文件第 1 行无法识别或签名不符"

    return do


def _event_openly(statement: str) -> Any:
    def do(ground: Ground, db: Database) -> str:
        db.plain(statement)
        return ""

    return do


_REFUSED = {"is_prevented": True, "is_detected": False}

ATTACKS = [
    Attack("改写一条操作记录（触发器在）", _event_openly("UPDATE audit_entry SET why = 'x'"), **_REFUSED),
    Attack("删除操作记录（触发器在）", _event_openly("DELETE FROM audit_entry"), **_REFUSED),
    Attack("改写行变更历史（触发器在）", _event_openly("UPDATE audit_rowchange SET who = 'x'"), **_REFUSED),
    Attack("改写一条操作记录", _event("middle", "UPDATE audit_entry SET actor_name = '别人' WHERE id = %s")),
    Attack("删除中间一条操作记录", _event("middle", "DELETE FROM audit_entry WHERE id = %s")),
    Attack("删除最后一条操作记录", _event("last", "DELETE FROM audit_entry WHERE id = %s")),
    Attack("删除最后一环及其记录", _last_link_too),
    Attack("手工写入一条操作记录", _event_made_up),
    Attack("改写记录并重算整条链", _chain_forged_anew),
    Attack("冒用见过的凭记改数据", _history_forged),
    Attack("数据行与其历史一起改", _history_rewritten),
    Attack("删除最后一条行变更历史", _history_deleted),
    Attack("清空行变更历史", _history_emptied),
    Attack("停用历史触发器", _trigger_off),
    Attack("停用指令表的全部触发器", _guard_off),
    Attack("替换历史触发器的函数", _function_emptied),
    Attack("替换摘要函数，让链看起来完整", _digest_function_replaced),
    Attack("改写锚文件", _anchor_file(lambda lines: [line.replace('"last":', '"lust":') for line in lines])),
]  # fmt: skip
