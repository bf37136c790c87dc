"""The second half of every act: what the confirm page showed is read back, what must be typed is compared, then it is done once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest

from approvals.signing import keys, tokens
from desk.keysets import whole_number
from kernel.errors import DomainError, Finding, InvalidInput
from kernel.scope import Scope
from masterdata.services import stepup as second_factor
from masterdata.services.stepup import StepUpNeeded, require_stepup
from payments import reading, selectors
from payments.acts import Act
from payments.models import PaymentOrder
from payments.outcomes import BulkResult
from payments.services import confirming, orders, ruling

if TYPE_CHECKING:
    from masterdata.models import User

Item = tuple[int, int, str]

_SINGLE: dict[str, Callable[..., Any]] = {
    "submit": lambda one, actor, note: orders.submit_order(
        order_id=one[0], version=one[1], actor=actor
    ),
    "return": lambda one, actor, why: orders.return_to_maker(
        order_id=one[0], version=one[1], actor=actor, why=why
    ),
    "void": lambda one, actor, why: orders.void_order(
        order_id=one[0], version=one[1], actor=actor, why=why
    ),
    "cancel": lambda one, actor, why: orders.cancel_order(
        order_id=one[0], version=one[1], actor=actor, why=why
    ),
    "lift": lambda one, actor, why: orders.lift_hold(
        order_id=one[0], version=one[1], actor=actor, why=why
    ),
    "resume": lambda one, actor, why: orders.lift_instruction(
        order_id=one[0], version=one[1], actor=actor, why=why
    ),
}
BULK: dict[str, Callable[..., BulkResult]] = {
    "submit": orders.submit_orders,
    "check": orders.check_orders,
    "approve": orders.approve_orders,
    "release": orders.release_orders,
}
# Refusals that leave the page standing: the person types again what was missing or wrong.
TYPE_AGAIN = (StepUpNeeded, keys.KeyRefused)
ONE_BY_ONE = frozenset({"return", "void", "lift"})


def scope_in(request: HttpRequest) -> Scope:
    """The viewer's scope, as the middleware set it."""
    return request.scope  # type: ignore[attr-defined,no-any-return]  # set by the scope middleware


def person(request: HttpRequest) -> User:
    """Who is signed in; every page here asks for it."""
    return request.user  # type: ignore[return-value]  # the gate stands before every view


def items_of(chosen: Sequence[PaymentOrder]) -> list[Item]:
    """What a confirm page stands for: each order with the version and content it shows."""
    return [(order.pk, order.version, order.content_hash) for order in chosen]


def packed(items: Sequence[Item]) -> str:
    """These items as the page carries them."""
    return ";".join(f"{pk}:{version}:{digest}" for pk, version, digest in items)


def read_items(request: HttpRequest) -> list[Item]:
    """The orders a confirm page showed: `id:version:digest`, separated by semicolons."""
    items = []
    for part in filter(None, request.POST.get("items", "").split(";")):
        pk, _, rest = part.partition(":")
        version, _, digest = rest.partition(":")
        row, seen = whole_number(pk), whole_number(version)
        if row is None or seen is None:
            raise InvalidInput(
                "确认内容无法识别，请重新打开页面", "unreadable items", code="token_mismatch"
            )
        items.append((row, seen, digest))
    return items


def why_of(request: HttpRequest, act: Act) -> str:
    """The reason an act wants, or the note it may carry."""
    why = request.POST.get("why", "").strip()[:200]
    if act.wants_why and len(why) < 2:
        raise InvalidInput("请填写原因", "a reason is wanted", field="why")
    return why or request.POST.get("note", "").strip()[:200]


def retype_name(order: PaymentOrder) -> str:
    """The field in which the last digits of this order's payee account are typed, once for all its payments."""
    return f"retype_{order.payee_number}"


def retyped(order: PaymentOrder, posted: Mapping[str, Any]) -> str:
    """What was typed for the order's payee account; "" when nothing was. Raises InvalidInput when it is another's digits."""
    typed = str(posted.get(retype_name(order), "")).strip()
    if typed and typed != order.payee_number[-4:]:
        raise InvalidInput(
            f"{order.payee_name} {order.payee_number}：键入的后 4 位与收款账号不符，未执行任何操作",
            f"{order.payee_name} {order.payee_number}: the retyped digits differ, nothing was done",
            code="retype",
            field=retype_name(order),
        )
    return typed


@dataclass(frozen=True)
class Marked:
    """An order somebody must look at before agreeing, and why."""

    order: PaymentOrder
    hits: Sequence[Finding]


def must_be_seen(act: Act, chosen: Sequence[PaymentOrder]) -> list[Marked]:
    """Orders an approver must have compared with another one, or looked at twice, before agreeing."""
    if act.name != "approve":
        return []
    found = ruling.findings(chosen, stage=ruling.SUBMIT)
    marked = ruling.must_be_ticked(found)
    return [Marked(order, found[order.pk]) for order in chosen if order.pk in marked]


def _require_seen(request: HttpRequest, act: Act, chosen: Sequence[PaymentOrder]) -> None:
    """What a person must have typed or ticked by their own hand, whatever page the form came from."""
    if act.name == "release":
        for order in reading.first_payments(chosen, scope=scope_in(request)):
            if not retyped(order, request.POST):
                raise InvalidInput(
                    f"{order.order_no}：首次付款的收款方须键入账号后 4 位",
                    f"{order.order_no}: a first payment wants the last digits retyped",
                    code="retype",
                    field=retype_name(order),
                )
    if not request.POST.get("seen_duplicates") and must_be_seen(act, chosen):
        raise InvalidInput(
            "请勾选「已核对」后再审批",
            "tick that the hits were seen",
            code="seen_duplicates",
        )


def confirm(request: HttpRequest, act: Act, items: Sequence[Item]) -> BulkResult:
    """Do the act for what the page showed, once; the second click gets the first result."""
    if not items:
        raise InvalidInput("确认内容为空", "nothing to confirm", code="nothing_chosen")
    why, actor = why_of(request, act), person(request)
    rows = selectors.visible_orders(scope_in(request)).filter(pk__in=[item[0] for item in items])
    _require_seen(request, act, list(rows))
    own_hand = hand(request, act, items)
    chosen_payee = whole_number(request.POST.get("payee_account", ""))
    return confirming.once(
        act=act.name,
        items=items,
        actor=actor,
        token=request.POST.get("token", ""),
        do=lambda: _do(act, items, actor, why, own_hand, chosen_payee),
    )


def hand(request: HttpRequest, act: Act, items: Sequence[Item]) -> orders.Hand | None:
    """The viewer's hand, where the act is one that is signed: by passphrase, or by a touch of their security key.

    Raises StepUpNeeded without the second factor the act wants, KeyRefused without a usable key opened for this page.
    """
    actor, token = person(request), request.POST.get("token", "")
    answer = request.POST.get(tokens.ANSWER, "")
    if answer and act.name in confirming.SIGNED:
        given = confirming.hand_by_touch(
            act=act.name, items=items, actor=actor, token=token, answer=answer
        )
        if given.stepup is not None:
            second_factor.keep(request.session, given.stepup)
        return given
    stepup = require_stepup(request, f"payments.{act.name}") if act.wants_step_up else None
    return confirming.hand_of(
        act=act.name,
        actor=actor,
        token=token,
        passphrase=request.POST.get("passphrase", ""),
        stepup=stepup,
    )


def key_shown(
    request: HttpRequest, act: Act, items: Sequence[Item], token: str
) -> dict[str, Any] | None:
    """The key the viewer will sign this act with, as the confirm page names it; None where nothing is signed.

    For a key in a token `asking` is what the browser asks it.
    """
    if act.name not in confirming.SIGNED:
        return None
    actor = person(request)
    key = keys.active(actor)
    if key is None or key.provider != "webauthn":
        return {"fingerprint": "" if key is None else key.fingerprint[:16]}
    page = confirming.page_of(act=act.name, items=items, actor=actor, token=token)
    return {"fingerprint": key.fingerprint[:16], "asking": tokens.asking(key, page)}


def _do(
    act: Act,
    items: Sequence[Item],
    actor: User,
    note: str,
    own_hand: orders.Hand | None,
    payee_account_id: int | None,
) -> BulkResult:
    """The act for each item, signed where it is a decision; what cannot be done is reported by row."""
    if act.name in confirming.SIGNED:
        return BULK[act.name](items=items, actor=actor, note=note, hand=own_hand)
    if act.name in BULK:
        return BULK[act.name](items=items, actor=actor, note=note)
    done: list[int] = []
    refused: list[tuple[int, str]] = []
    for one in items:
        try:
            if act.name == "reissue":
                orders.reissue_order(
                    order_id=one[0],
                    version=one[1],
                    actor=actor,
                    why=note,
                    payee_account_id=payee_account_id,
                )
            else:
                _SINGLE[act.name](one, actor, note)
        except DomainError as error:
            refused.append((one[0], error.message))
        else:
            done.append(one[0])
    return BulkResult(done, refused)
