"""The matching desk (勾对台): two panes of one account, what the machine proposes, what people do, and what others did."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from desk.keysets import whole_number
from desk.pages import render_list
from desk.viewing import scope_in
from kernel.errors import InvalidInput
from kernel.money import parse_amount
from ledger.rules import EVENTS
from reconciliation import selectors, telling, unmatched
from reconciliation.services import matching, missing, refusing, two_people
from reconciliation.transactions import TransactionsPage

ACTS_SHOWN = 30
PROPOSALS_SHOWN = 500


def accounts(request: HttpRequest) -> HttpResponse:
    """Every account with what is open on either side."""
    scope = scope_in(request)
    desks = unmatched.desks(scope)
    asked = unmatched.waiting_changes([one.account.pk for one in desks], scope=scope)
    waiting = Counter(int(row.after["account_id"]) for row in asked)
    context = {"desks": [(one, waiting[one.account.pk]) for one in desks]}
    return render(request, "reconciliation/accounts.html", context)


def transactions(request: HttpRequest) -> HttpResponseBase:
    """交易明细查询."""
    return render_list(request, TransactionsPage)


def desk(request: HttpRequest, account_id: int) -> HttpResponse:
    """The desk of one account."""
    scope = scope_in(request)
    account = selectors.demand(account_id, scope=scope, right=selectors.VIEW)
    company_id = account.company_id
    addresses = {
        name: reverse(f"reconciliation:{name}", args=[account.pk])
        for name in ("lines", "news", "proposals", "acts", "match", "refuse", "voucher", "undo")
    }
    context = {
        "account": account,
        "addresses": addresses,
        "span": _span(request.GET),
        "can_match": scope.has(selectors.MATCH, company_id),
        "can_book": scope.has(missing.BOOK, company_id),
        "can_decide": scope.has(two_people.DECIDE, company_id),
        "waiting": _waiting(request, account_id),
        "stale": len(selectors.stale_matches(account_id)[1]),
        "sides": (("bank", _("银行流水")), ("book", _("日记账"))),
        "page_keys": _keys(),
    }
    return render(request, "reconciliation/desk.html", context)


def _keys() -> list[tuple[str, str]]:
    """What the desk's own keys do."""
    return [
        ("← →", _("银行流水、日记账之间切换")),
        ("Shift ↓", _("连续选择")),
        ("N", _("下一条建议")),
        ("P", _("上一条建议")),
        ("A", _("采用建议")),
        ("R", _("不采用建议")),
        ("F", _("找可补平差额的流水")),
        ("M", _("勾对所选")),
        ("V", _("由所选银行流水补凭证")),
        ("U", _("撤销自己最近的操作")),
        ("C", _("清除所选")),
    ]


def _waiting(request: HttpRequest, account_id: int) -> list[dict[str, Any]]:
    scope = scope_in(request)
    return [
        {
            "change": row,
            "is_own": row.made_by.person_key == scope.person_key,
            "lines": row.after if row.kind == selectors.CONFIRM_KIND else None,
            "act_id": row.after.get("act_id"),
            "match_no": row.after.get("match_no"),
        }
        for row in unmatched.waiting_changes([account_id], scope=scope)
    ]


def _day(text: str, field: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InvalidInput(
            "日期应为 2026-11-24 的形式", "a date such as 2026-11-24", field=field
        ) from None


def _span(given: Mapping[str, str]) -> unmatched.Span:
    return unmatched.Span(
        _day(given.get("first", ""), "first"), _day(given.get("last", ""), "last")
    )


def lines(request: HttpRequest, account_id: int) -> JsonResponse:
    """The open lines of both sides."""
    found = unmatched.desk_lines(account_id, _span(request.GET), scope=scope_in(request))
    return JsonResponse(
        {"act": found.act_id, "bank": found.bank, "book": found.book, "is_cut": found.is_cut}
    )


def news(request: HttpRequest, account_id: int) -> JsonResponse:
    """What others did since the act the desk reflects."""
    since = whole_number(request.GET.get("since", "")) or 0
    found = unmatched.news(account_id, since=since, scope=scope_in(request))
    return JsonResponse(
        {
            "act": found.act_id,
            "bank": found.bank,
            "book": found.book,
            "by": found.by,
            "is_anew": found.is_anew,
        }
    )


def proposals(request: HttpRequest, account_id: int) -> JsonResponse:
    """What the machine asks a person."""
    rows = selectors.proposals_of(account_id, scope=scope_in(request))
    return JsonResponse(
        {
            "proposals": [telling.proposal_plain(row) for row in rows[:PROPOSALS_SHOWN]],
            "count": len(rows),
        }
    )


def acts(request: HttpRequest, account_id: int) -> HttpResponse:
    """The undo stack, as a fragment of the desk or as a page."""
    scope = scope_in(request)
    account = selectors.demand(account_id, scope=scope, right=selectors.VIEW)
    rows = list(selectors.acts_of(account_id, scope=scope)[:ACTS_SHOWN])
    context = {
        "account": account,
        "acts": telling.told_acts(rows, person_id=request.user.pk),
        "can_match": scope.has(selectors.MATCH, account.company_id),
    }
    return render(request, "reconciliation/_acts.html", context)


# --- what people do ---------------------------------------------------------------------------------------------------


def _ids(text: str) -> tuple[int, ...]:
    if text and not re.fullmatch(r"\d{1,18}(,\d{1,18})*", text):
        raise InvalidInput("所选流水编号无法识别", "ids of lines are wanted", field="bank")
    return tuple(int(one) for one in text.split(",")) if text else ()


@require_POST
def match(request: HttpRequest, account_id: int) -> JsonResponse:
    """Match the chosen lines; above the limit, ask a second person (`ask`, with a reason)."""
    part = matching.Part(_ids(request.POST.get("bank", "")), _ids(request.POST.get("book", "")))
    why = request.POST.get("why", "")
    if request.POST.get("ask"):
        change = two_people.ask(account_id=account_id, part=part, actor=request.user, why=why)  # type: ignore[arg-type]  # signed in
        return JsonResponse({"change": change.pk, "said": _("已提出，待第二人确认")})
    act = matching.confirm(account_id=account_id, part=part, actor=request.user, why=why)  # type: ignore[arg-type]  # signed in
    said = _("已勾对：银行 %(bank)d 笔、日记账 %(book)d 笔")
    return JsonResponse(
        {"act": act.pk, "said": said % {"bank": len(part.bank_ids), "book": len(part.book_ids)}}
    )


@require_POST
def refuse(request: HttpRequest, account_id: int) -> JsonResponse:
    """Say no to a proposal."""
    act = refusing.refuse(
        account_id=account_id,
        proposal_id=whole_number(request.POST.get("proposal", "")) or 0,
        actor=request.user,  # type: ignore[arg-type]  # signed in
        why=request.POST.get("why", ""),
    )
    return JsonResponse({"act": act.pk, "said": _("已否决此建议，可撤销")})


@require_POST
def undo(request: HttpRequest, account_id: int) -> JsonResponse:
    """Undo one act of the account; where that takes two people, ask a second one (`ask`, with a reason)."""
    done = selectors.get_act(
        whole_number(request.POST.get("act", "")) or 0, scope=scope_in(request)
    )
    if done.account_id != account_id:
        raise InvalidInput("该操作不属于此账户", "an act of another account", field="act")
    told = {"act_id": done.pk, "actor": request.user, "why": request.POST.get("why", "")}
    if request.POST.get("ask"):
        change = two_people.ask_undo(**told)  # type: ignore[arg-type]  # signed in
        return JsonResponse({"change": change.pk, "said": _("已提出，待第二人确认")})
    act = matching.undo(**told)  # type: ignore[arg-type]  # signed in
    said = _("已撤销「%(act)s」") % {"act": telling.kind_word(done.kind)}
    return JsonResponse({"act": act.pk, "said": said})


@require_POST
def decide(request: HttpRequest, account_id: int, change_id: int) -> JsonResponse:
    """The second person's word on a match above the limit, or on ending one."""
    accept = request.POST.get("accept") == "yes"
    act = two_people.decide(
        change_id=change_id,
        accept=accept,
        actor=request.user,  # type: ignore[arg-type]  # signed in
        why=request.POST.get("why", ""),
    )
    said = _("已确认") if accept else _("已否决")
    return JsonResponse({"act": act.pk if act else 0, "said": said})


def voucher(request: HttpRequest, account_id: int) -> HttpResponse:
    """The voucher a bank line lacks: its preview as a fragment (GET), its draft (POST)."""
    given = request.POST if request.method == "POST" else request.GET
    wanted = {
        "account_id": account_id,
        "entry_id": whole_number(given.get("entry", "")) or 0,
        "event": given.get("event", ""),
        "amount": parse_amount(text) if (text := given.get("amount", "")) else None,
    }
    if request.method == "POST":
        row = missing.draft_voucher(**wanted, actor=request.user)  # type: ignore[arg-type]  # signed in
        said = (
            _("已生成凭证草稿，另一人记账后自动勾对")
            if wanted["amount"] is None
            else _(
                "已生成凭证草稿；另一人记账后同一业务参考号的自动勾对，没有参考号的再采用一次该建议"
            )
        )
        return JsonResponse({"said": said, "url": reverse("ledger:voucher", args=[row.pk])})
    context = {
        "wanted": missing.preview(**wanted, scope=scope_in(request)),  # type: ignore[arg-type]  # checked there
        "event": wanted["event"],
        "amount": given.get("amount", ""),
        "events": [(name, _(EVENTS[name].title)) for name in missing.BY_HAND],
        "action": reverse("reconciliation:voucher", args=[account_id]),
    }
    return render(request, "reconciliation/_voucher.html", context)
