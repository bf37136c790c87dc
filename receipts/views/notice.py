"""One arrival notice: what the bank said, what it may be, what people did; and the acts on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _now
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit import selectors as trail
from audit.words import words_of
from desk.keysets import whole_number
from desk.viewing import scope_in, version_in
from desk.words import said
from desk.words import words_of as words_in_state
from kernel.errors import DomainError, InvalidInput
from kernel.scope import Scope
from masterdata import selectors as master
from receipts import proposing, selectors
from receipts.decided import rules_for
from receipts.forms import LineForms, RefundForm, SupplementForm, said_of
from receipts.models import ArrivalNotice, Supplement
from receipts.proposing import Proposal
from receipts.services import confirming, refunding, reversing, reviewing, supplementing
from receipts.states import BOOKED, NOTICE, NoticeState
from receipts.views.common import person
from receipts.words import ALLOCATIONS, RULES

if TYPE_CHECKING:
    from masterdata.models import User

S = NoticeState
CUSTOMERS_MAX = 500


def _told(proposals: list[Proposal]) -> list[dict[str, Any]]:
    return [
        {
            "customer": one.customer,
            "rule": one.guess.rule,
            "reason": RULES[one.guess.rule],
            "basis": one.guess.basis,
            "is_certain": one.guess.is_certain,
            "allocation": one.allocation,
            "how": ALLOCATIONS[one.allocation.how],
        }
        for one in proposals
    ]


def _proposals(notice: ArrivalNotice) -> list[Proposal]:
    return list(proposing.proposals_for(notice, tolerance=rules_for(notice).fee_tolerance))


def _may(notice: ArrivalNotice, scope: Scope, person_key: str) -> dict[str, bool]:
    """Which acts the page offers; the services judge again."""
    state, company_id = notice.state, notice.company_id
    supplements = scope.has(supplementing.RIGHT, company_id)
    is_mine = notice.claimed_by_id == scope.actor_id
    acted = {one.person_key for one in (notice.supplementer, notice.reviewer) if one is not None}
    is_other = notice.supplementer is None or notice.supplementer.person_key != person_key
    books = scope.has("receipts.book", company_id)
    is_own = notice.nature == notice.Nature.OWN_RETURN
    return {
        "claim": supplements and state in (S.FETCHED, S.REJECTED, S.SUSPENSE),
        "supplement": supplements and state == S.SUPPLEMENTING and is_mine,
        "hand_back": state == S.SUPPLEMENTING
        and (is_mine or scope.has(reviewing.RIGHT, company_id)),
        "withdraw": state == S.PENDING_REVIEW and notice.supplementer_id == scope.actor_id,
        "change": supplements
        and (NOTICE.allows("amend", state) or NOTICE.allows("reopen", state))
        and not (is_own and state == S.NON_BUSINESS),
        "review": scope.has(reviewing.RIGHT, company_id) and state == S.PENDING_REVIEW and is_other,
        "confirm": books and state == S.BOOKED,
        "reverse": books
        and person_key not in acted
        and (state in BOOKED or state == S.SUSPENSE or NOTICE.allows("reverse", state)),
        "refund": scope.has("payments.make", company_id) and state == S.SUSPENSE,
    }


_DONE = (S.BOOKED, S.CONFIRMED)


def _timeline(notice: ArrivalNotice) -> list[dict[str, Any]]:
    """The way of a receipt: what is behind it, with who and when, and what is still to come."""
    state, said = notice.state, notice.supplement
    is_reviewed = state in (S.APPROVED, *_DONE, S.SUSPENSE, S.NON_BUSINESS) and notice.reviewer
    is_said = said is not None and state not in (S.FETCHED, S.SUPPLEMENTING, S.REJECTED)
    steps: list[tuple[Any, bool, Any, Any]] = [
        (_now("到款"), True, "", notice.created_at),
        (_now("补录"), is_said, said.made_by if said else "", said.made_at if said else None),
        (_now("复核"), bool(is_reviewed), notice.reviewer, notice.reviewed_at),
        (_now("入账"), state in _DONE, notice.voucher_label, notice.booked_on),
        (_now("确认记账"), state == S.CONFIRMED, "", notice.confirmed_at),
    ]
    nodes = [
        {"title": title, "who": who or "", "when": when}
        if done
        else {"title": title, "future": True}
        for title, done, who, when in steps
    ]
    if state in (S.SUSPENSE, S.NON_BUSINESS, S.REVERSED, S.REJECTED):
        words = words_in_state(state)
        told = [node for node in nodes if not node.get("future")]
        return [*told, {"title": words.word, "tone": words.tone, "note": notice.why}]
    return nodes


@require_safe
def show(request: HttpRequest, notice_no: str) -> HttpResponse:
    """The notice."""
    scope = scope_in(request)
    notice = selectors.get_notice(notice_no, scope=scope)
    is_open = notice.state in (S.FETCHED, S.SUPPLEMENTING, S.REJECTED, S.SUSPENSE)
    history = trail.history(ArrivalNotice._meta.label_lower, notice.pk, scope=scope)
    may = _may(notice, scope, person(request).person_key)
    context = {
        "notice": notice,
        "may": may,
        "timeline": _timeline(notice),
        "supplements": selectors.supplements_of(notice),
        "proposals": _told(_proposals(notice)) if is_open else [],
        "rule": RULES.get(notice.rule, ""),
        "refunds": refunding.refunds_of(notice),
        "reversals": reversing.bank_reversals(notice) if may["reverse"] else [],
        "siblings": selectors.siblings(notice),
        "trail": [(entry, words_of(entry.event)) for entry in history],
        "is_booked": notice.state in BOOKED or notice.state == S.SUSPENSE,
    }
    return render(request, "receipts/notice.html", context)


def _claim(request: HttpRequest, notice: ArrivalNotice, actor: User) -> str:
    supplementing.claim(notice_id=notice.pk, actor=actor)
    return _now("已认领，请补录")


def _hand_back(request: HttpRequest, notice: ArrivalNotice, actor: User) -> str:
    supplementing.hand_back(notice_id=notice.pk, version=version_in(request), actor=actor)
    return _now("已退回")


def _withdraw(request: HttpRequest, notice: ArrivalNotice, actor: User) -> str:
    supplementing.withdraw(notice_id=notice.pk, version=version_in(request), actor=actor)
    return _now("已撤回，可重新补录")


def _change(request: HttpRequest, notice: ArrivalNotice, actor: User) -> str:
    why = request.POST.get("why", "")
    supplementing.change(notice_id=notice.pk, version=version_in(request), why=why, actor=actor)
    return _now("可以修改；修改后须重新复核")


def _approve(request: HttpRequest, notice: ArrivalNotice, actor: User) -> str:
    note = request.POST.get("why", "")
    reviewing.approve(notice_id=notice.pk, version=version_in(request), actor=actor, note=note)
    return _now("复核通过")


def _reject(request: HttpRequest, notice: ArrivalNotice, actor: User) -> str:
    why = request.POST.get("why", "")
    reviewing.reject(notice_id=notice.pk, version=version_in(request), actor=actor, why=why)
    return _now("已退回补录")


def _confirm(request: HttpRequest, notice: ArrivalNotice, actor: User) -> str:
    confirming.confirm_by_hand(
        notice_id=notice.pk,
        version=version_in(request),
        erp_voucher_no=request.POST.get("erp_voucher_no", ""),
        actor=actor,
    )
    return _now("已确认记账")


def _reverse(request: HttpRequest, notice: ArrivalNotice, actor: User) -> str:
    done = reversing.reverse(
        notice_id=notice.pk,
        version=version_in(request),
        why=request.POST.get("why", ""),
        debit_id=whole_number(request.POST.get("debit", "")),
        actor=actor,
    )
    return _now("已冲销 %(count)s 笔") % {"count": len(done)}


ACTS: dict[str, tuple[Callable[[HttpRequest, ArrivalNotice, User], str], tuple[str, ...]]] = {
    "claim": (_claim, ("receipts.supplement",)),
    "hand_back": (_hand_back, ("receipts.supplement", "receipts.review")),
    "withdraw": (_withdraw, ("receipts.supplement",)),
    "change": (_change, ("receipts.supplement",)),
    "approve": (_approve, ("receipts.review",)),
    "reject": (_reject, ("receipts.review",)),
    "confirm": (_confirm, ("receipts.book",)),
    "reverse": (_reverse, ("receipts.book",)),
}
ACT_RIGHTS = {name: rights for name, (_run, rights) in ACTS.items()}
_TO_FORM = ("claim", "change", "withdraw")


def _to_act_on(request: HttpRequest, notice_no: str, rights: tuple[str, ...]) -> ArrivalNotice:
    """The notice, for somebody who holds one of these rights in its very company. Raises NotFound, NotAllowed."""
    scope = scope_in(request)
    notice = selectors.get_notice(notice_no, scope=scope)
    if not any(scope.has(right, notice.company_id) for right in rights):
        scope.demand(rights[0], notice.company_id)
    return notice


@require_POST
def act(request: HttpRequest, notice_no: str, name: str) -> HttpResponse:
    """One act; what the person typed wrong is said on the notice's page."""
    run, rights = ACTS[name]
    notice = _to_act_on(request, notice_no, rights)
    try:
        done = run(request, notice, person(request))
    except InvalidInput as refusal:
        messages.error(request, said(refusal))
        return redirect("receipts:notice", notice_no)
    messages.success(request, done)
    return redirect("receipts:supplement" if name in _TO_FORM else "receipts:notice", notice_no)


def _initial(
    notice: ArrivalNotice, proposals: list[Proposal], chosen: int | None, number: int | None
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What the form begins with: the proposal or the earlier version chosen, else what stood before, else the best proposal
    that is certain."""
    rules = rules_for(notice)
    last = notice.supplements.filter(number=number).first() if number else notice.supplement
    form = {"kind": Supplement.Kind.BUSINESS, "why": notice.why if last else ""}
    if last is not None and chosen is None:
        form |= {"kind": last.kind, "nature": last.nature, "note": last.note}
        lines = last.lines.select_related("customer")
        return form, [
            {
                "customer_code": line.customer.code if line.customer else "",
                "contract_no": line.contract_no,
                "invoice_no": line.invoice_no,
                "subject": line.subject,
                "cash_flow_item": line.cash_flow_item,
                "amount": f"{line.amount:.2f}",
                "fee": f"{line.fee:.2f}" if line.fee else "",
            }
            for line in lines
        ]
    if chosen is None and proposals and proposals[0].guess.is_certain:
        chosen = 0
    if chosen is not None and chosen < len(proposals):
        best = proposals[chosen]
        return form, [
            {
                "customer_code": best.customer.code,
                "contract_no": part.contract_no,
                "invoice_no": part.invoice_no,
                "subject": rules.customer_subject,
                "amount": f"{part.amount:.2f}",
                "fee": f"{part.fee:.2f}" if part.fee else "",
            }
            for part in best.allocation.parts
        ]
    return form, [{"subject": rules.customer_subject, "amount": f"{notice.amount:.2f}"}]


@require_http_methods(["GET", "POST"])
def supplement(request: HttpRequest, notice_no: str) -> HttpResponse:
    """The form: proposals with their reasons beside it, parts that add up."""
    scope = scope_in(request)
    notice = _to_act_on(request, notice_no, (supplementing.RIGHT,))
    if not _may(notice, scope, person(request).person_key)["supplement"]:
        return redirect("receipts:notice", notice_no)
    proposals = _proposals(notice)
    error = ""
    if request.method == "GET":
        picked = [whole_number(request.GET.get(name, "")) for name in ("proposal", "from")]
        first, rows = _initial(notice, proposals, *picked)
        form, lines = SupplementForm(initial=first), LineForms(initial=rows, prefix="line")
    else:
        form, lines, error = _posted(request)
        if form.is_valid() and lines.is_valid() and "add" not in request.POST:
            try:
                supplementing.submit(
                    notice_id=notice.pk,
                    version=version_in(request),
                    said=said_of(form, list(lines)),
                    actor=person(request),
                )
            except InvalidInput as refusal:
                error = said(refusal)
            else:
                messages.success(request, _now("已提交复核"))
                return redirect("receipts:notice", notice_no)
    context = {
        "notice": notice,
        "form": form,
        "lines": lines,
        "error": error,
        "proposals": _told(proposals),
        "customers": _customers(scope),
        "rules": rules_for(notice),
    }
    return render(request, "receipts/supplement.html", context, status=422 if error else 200)


def _posted(request: HttpRequest) -> tuple[SupplementForm, Any, str]:
    """The forms as posted; `add` gives one more empty row and judges nothing yet."""
    data = request.POST.copy()
    is_adding = "add" in data
    if is_adding:
        total = whole_number(data.get("line-TOTAL_FORMS", "")) or 0
        data["line-TOTAL_FORMS"] = str(min(total + 1, supplementing.LINES_MAX))
    form, lines = SupplementForm(data), LineForms(data, prefix="line")
    wrong = not is_adding and not (form.is_valid() and lines.is_valid())
    return form, lines, _now("请更正标出的内容") if wrong else ""


def _customers(scope: Scope) -> list[tuple[str, str]]:
    rows = master.visible_counterparties(scope).filter(kind="customer", is_active=True)
    return list(rows.values_list("code", "name")[:CUSTOMERS_MAX])


@require_http_methods(["GET", "POST"])
def refund(request: HttpRequest, notice_no: str) -> HttpResponse:
    """Send money in suspense back: the draft of a payment."""
    scope = scope_in(request)
    notice = _to_act_on(request, notice_no, ("payments.make",))
    key = selectors.credit_of(notice).account_key
    payees = master.visible_payees(scope).filter(number=key, state="confirmed")
    choices = [(str(one.pk), f"{one.name} · {one.bank_name} · {one.number}") for one in payees]
    first = {"amount": f"{refunding.refundable(notice):.2f}"}
    form = RefundForm(request.POST or None, choices=choices, initial=first)
    error = ""
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = refunding.refund(
                notice_id=notice.pk,
                version=version_in(request),
                payee_account_id=int(given["payee"]),
                amount=given["amount"],
                why=given["why"],
                actor=person(request),
            )
        except DomainError as refusal:
            error = said(refusal)
        else:
            messages.success(request, _now("退款付款单已制单，请提交复核"))
            return redirect("payments:order", made.order_no)
    context = {"notice": notice, "form": form, "error": error, "payees": choices}
    status = 422 if request.method == "POST" else 200
    return render(request, "receipts/refund.html", context, status=status)
