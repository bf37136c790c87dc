"""The five hops of one payment: finance system, platform, bank, result, and back to the finance system. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _

from bankbridge import selectors as banks
from desk.formats import second_text
from desk.words import words_of
from erpbridge import selectors as erp
from kernel.scope import Scope
from masterdata.api_access import source_systems
from payments import selectors as payments

if TYPE_CHECKING:
    from payments.models import PaymentInstruction, PaymentOrder

Fact = tuple[str, str, str]  # label, value, address or nothing


@dataclass(frozen=True)
class Hop:
    """One stage of a payment's road: what happened there, when, how long after the hop before, and its numbers."""

    title: str
    word: str
    tone: str = "closed"
    at: datetime | None = None
    since: str = ""
    facts: tuple[Fact, ...] = ()


def _since(earlier: datetime | None, later: datetime | None) -> str:
    if earlier is None or later is None or later < earlier:
        return ""
    seconds = (later - earlier).total_seconds()
    if seconds < 60:
        return f"+{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    return f"+{minutes} min {rest} s" if minutes < 60 else f"+{minutes // 60} h {minutes % 60} min"


def _asked(order: PaymentOrder, scope: Scope) -> Hop:
    """Where the payment was asked for."""
    title = _("财务系统来单")
    document = (
        _("来源单据"),
        f"{order.erp_doc_type} {order.erp_doc_no}-{order.erp_line_no}".strip(),
        "",
    )
    taken = erp.taken_from(order.order_no)
    if taken is None:
        if order.import_set_id:
            url = reverse("payments:import_preview", args=[order.import_set_id])
            row = (_("清单行"), f"{order.import_row}", url)
            return Hop(title, _("清单导入"), "ok", order.created_at, facts=(document, row))
        is_called = order.source_system in source_systems()
        word = order.source_system if is_called else _("平台内制单")
        known: tuple[Fact, ...] = (document,) if order.erp_doc_no else ()
        return Hop(title, word, "ok" if is_called else "closed", order.created_at, facts=known)
    heard = taken.delivery
    seen = erp.watched_inbox(scope).filter(pk=heard.pk).exists()
    url = reverse("erpbridge:delivery", args=[heard.pk]) if seen else ""
    place = _("第 %(row)s 项") % {"row": taken.row}
    facts = (document, (_("来报编号"), f"{heard.key} · {place}", url))
    return Hop(
        title,
        f"{heard.system} · {erp.style_words(heard.style)}",
        "ok",
        heard.received_at,
        facts=facts,
    )


def _decided(order: PaymentOrder, before: datetime | None) -> Hop:
    """What people decided on it here."""
    number = (_("付款单号"), order.order_no, "")
    if order.released_at is None:
        words = words_of(order.shown_state)
        return Hop(_("管理平台"), str(words.word), words.tone, facts=(number,))
    who = (_("授权人"), str(order.releaser), "") if order.releaser else None
    facts = (number, who) if who else (number,)
    since = _since(before, order.released_at)
    return Hop(_("管理平台"), _("已授权"), "ok", order.released_at, since, facts)


def _sent(one: PaymentInstruction, before: datetime | None, scope: Scope) -> Hop:
    """How it left for the bank."""
    facts: list[Fact] = [(_("指令流水号"), one.instr_no, "")]
    if one.batch is not None:
        url = reverse("payments:batch", args=[one.batch.batch_no])
        facts.append((_("批次"), one.batch.batch_no, url))
        said = banks.exchanges_about("payments.batch", one.batch.pk, scope=scope)
        for talk in said.order_by("-began_at")[:1]:  # a sign-on goes before it
            words = f"{talk.key[:12]} · {talk.latency_ms} ms" if talk.latency_ms else talk.key[:12]
            facts.append((_("银行报文"), words, reverse("bankbridge:exchange", args=[talk.key])))
    if one.sent_at is None:
        now = words_of(str(one.state))
        return Hop(_("发往银行"), str(now.word), now.tone, facts=tuple(facts))
    since = _since(before, one.sent_at)
    return Hop(_("发往银行"), _("已发送"), "ok", one.sent_at, since, tuple(facts))


def _ended(order: PaymentOrder, one: PaymentInstruction) -> Hop:
    """What the bank said of it."""
    words = words_of(order.shown_state)
    facts: list[Fact] = []
    if one.bank_serial:
        facts.append((_("银行流水号"), one.bank_serial, ""))
    if said := f"{one.bank_code} {one.bank_text}".strip():
        facts.append((_("银行答复"), said, ""))
    if one.inquiries:
        facts.append((_("查询次数"), str(one.inquiries), ""))
    if one.next_inquiry_at and one.final_at is None:
        facts.append((_("下次查询"), second_text(one.next_inquiry_at), ""))
    if one.sent_at is None:
        return Hop(_("银行结果"), _("未到此步"))
    since = _since(one.sent_at, one.final_at)
    return Hop(_("银行结果"), str(words.word), words.tone, one.final_at, since, tuple(facts))


def _told(order: PaymentOrder, before: datetime | None, scope: Scope) -> Hop:
    """Whether the finance system was told, and what it answered."""
    title, row = _("回写财务系统"), erp.newest_told(order.pk)
    if row is None:
        is_called = order.source_system in source_systems()
        return Hop(title, _("待送达") if is_called else _("不是财务系统来单，无需回写"))
    seen = erp.watched_outbox(scope).filter(pk=row.pk).exists()
    url = reverse("erpbridge:message", args=[row.pk]) if seen else ""
    state = str(row.payload.get("state", ""))
    facts: list[Fact] = [
        (_("去报编号"), row.message_id, url),
        (_("告知状态"), str(words_of(state).word), ""),
    ]
    if row.delivered_at:
        facts.append((_("送达时间"), second_text(row.delivered_at), ""))
    if row.last_error:
        facts.append((_("最近错误"), row.last_error, ""))
    if state != order.shown_state:
        return Hop(title, _("新状态待送达"), "busy", facts=tuple(facts))
    if row.acked_at:
        since = _since(before, row.acked_at)
        return Hop(title, _("对方已确认"), "ok", row.acked_at, since, tuple(facts))
    if row.dead_at and not row.delivered_at:
        return Hop(title, _("多次推送失败，已停止"), "bad", row.dead_at, facts=tuple(facts))
    word = _("已送达，待对方确认") if row.delivered_at else _("待送达")
    return Hop(title, word, "busy", row.delivered_at, facts=tuple(facts))


def hops_of(order_no: str, *, scope: Scope) -> list[Hop]:
    """The five hops of an order, in order; those it has not reached say so. Raises NotFound."""
    order = payments.get_order(order_no, scope=scope)
    asked = _asked(order, scope)
    decided = _decided(order, asked.at)
    one = order.instruction
    if one is None:
        waits = _("未到此步")
        road = [asked, decided, Hop(_("发往银行"), waits), Hop(_("银行结果"), waits)]
        return [*road, _told(order, None, scope)]
    sent = _sent(one, decided.at, scope)
    ended = _ended(order, one)
    return [asked, decided, sent, ended, _told(order, ended.at, scope)]
