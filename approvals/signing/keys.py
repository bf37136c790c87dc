"""Commands on signing keys: made by their owner, vouched for by a security administrator, unlocked for one act, ended."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from approvals.signing import statements, trust
from approvals.signing.models import SigningKey
from approvals.signing.signers import Signer, SoftwareSigner
from approvals.signing.states import KeyState
from audit import services as audit
from kernel import clock, lockbox, signatures, vault
from kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from kernel.lockbox import WrongPassphrase
from kernel.scope import Scope
from kernel.secrets import Secret
from masterdata import people_selectors as people
from masterdata import selectors as masterdata

if TYPE_CHECKING:
    from masterdata.models import User

FAILURES_MAX, LOCK_MINUTES = 5, 15
CONFIRM_RIGHT = "keys.confirm"


class KeyRefused(NotAllowed):
    """The person's key cannot sign now: there is none, it expired or is locked, or the passphrase is wrong."""


def _aad(fingerprint: str) -> str:
    return f"signing_key:{fingerprint}"


def _cost() -> lockbox.Cost:
    return lockbox.Cost(*settings.SIGNING_KDF)


def checked(passphrase: Secret, user: User) -> Secret:
    """The passphrase, if it is as strong as a password must be. Raises InvalidInput."""
    try:
        validate_password(passphrase.reveal(), user)
    except ValidationError as error:
        raise InvalidInput(
            "签名口令不符合要求：" + "".join(error.messages),
            "the passphrase is too weak",
            field="passphrase",
        ) from None
    return passphrase


def _boxed(private: bytes, passphrase: Secret, fingerprint: str) -> bytes:
    box = lockbox.lock(private, passphrase, aad=_aad(fingerprint), cost=_cost())
    return vault.ring().encrypt(box, aad=_aad(fingerprint))


def add(user: User, passphrase: Secret, *, now: datetime, algorithm: str = "") -> SigningKey:
    """A fresh software key of this person, waiting for somebody to vouch for it (a step)."""
    algorithm = algorithm or signatures.algorithm_of_suite()
    private, point = signatures.generate(algorithm)
    name = signatures.fingerprint(algorithm, point)
    key = SigningKey.objects.create(
        user=user,
        person_key=user.person_key,
        algorithm=algorithm,
        point=point,
        fingerprint=name,
        box=_boxed(private, passphrase, name),
        valid_from=now,
        valid_to=now + timedelta(days=settings.SIGNING_KEY_DAYS),
    )
    audit.record(
        "approvals.signing_key.enrolled",
        actor=user,
        subject=key,
        after={"fingerprint": name, "algorithm": algorithm, "valid_to": key.valid_to},
    )
    return key


@transaction.atomic(durable=True)
def enrol(*, user: User, passphrase: Secret) -> SigningKey:
    """A person makes a key; it signs nothing until a security administrator has vouched for it.

    Raises InvalidInput (weak passphrase), Conflict (one waits already).
    """
    checked(passphrase, user)
    require_none_waits(user)
    return add(user, passphrase, now=clock.now())


def require_none_waits(user: User) -> None:
    """Raise Conflict where a key of this person waits for somebody to vouch for it."""
    if SigningKey.objects.filter(user=user, state=KeyState.PENDING).exists():
        raise Conflict("您已有一把待确认的签名密钥", "one key waits already", code="key_pending")


def visible(scope: Scope) -> list[SigningKey]:
    """One's own keys; for those who vouch for keys or examine, also those of the people they see. Newest first."""
    rows = SigningKey.objects.select_related("user", "decided_by", "registrar__user").defer("box")
    theirs = Q(user_id=scope.actor_id or 0)
    if scope.has(CONFIRM_RIGHT) or scope.has("audit.read"):
        theirs |= Q(user__in=people.visible_people(scope).order_by().values("pk"))
    return list(rows.filter(theirs).order_by("-pk")[:500])


def own(user: User) -> list[SigningKey]:
    """A person's keys, newest first."""
    return list(SigningKey.objects.filter(user=user).select_related("decided_by").order_by("-pk"))


def active(user: User) -> SigningKey | None:
    """The key a person signs with now."""
    return SigningKey.objects.filter(user=user, state=KeyState.ACTIVE).defer("box").first()


def in_token(user: User) -> bool:
    """Whether the key a person signs with now is in a token."""
    key = active(user)
    return key is not None and key.provider == SigningKey.Provider.WEBAUTHN


def _locked(key_id: int) -> SigningKey:
    key = SigningKey.objects.select_for_update(of=("self",)).filter(pk=key_id).first()
    if key is None:
        raise NotFound("signing key")
    return key


def certify(key: SigningKey, *, signer: Signer, registrar: SigningKey, actor: User) -> None:
    """The registrar signs the key's certificate, and the key replaces its owner's earlier one (a step)."""
    now = clock.now()
    said = {
        **trust.facts_of(key),
        "registrar": signer.fingerprint,
        "at": statements.when(now),
    }
    text = statements.certificate(said)
    key.certificate = text.decode()
    key.certificate_signature = signer.sign(statements.certificate_message(text))
    key.registrar, key.decided_by, key.decided_at = registrar, actor, now
    if fault := trust.fault(key, registrar):
        raise NotAllowed(
            "您的密钥不在登记人名单中，不能确认他人的密钥", fault, code="not_a_registrar"
        )
    _retire_earlier(key, now)
    key.move("confirm")
    key.save_changes()
    audit.record(
        "approvals.signing_key.confirmed",
        actor=actor,
        subject=key,
        after={"fingerprint": key.fingerprint, "registrar": signer.fingerprint},
    )


def _retire_earlier(key: SigningKey, now: datetime) -> None:
    earlier = SigningKey.objects.select_for_update().filter(
        user_id=key.user_id, state=KeyState.ACTIVE
    )
    for one in earlier:
        one.move("retire")
        one.decided_at = now
        one.save_changes(["state", "decided_at"])


@transaction.atomic(durable=True)
def confirm(*, key_id: int, version: int, digits: str, actor: User, signer: Signer) -> SigningKey:
    """A security administrator vouches that the key is its owner's, having heard the end of its fingerprint from the owner.

    Raises NotFound, NotAllowed (no right, the owner himself, not pinned as registrar), InvalidInput (other digits), Conflict.
    """
    key = _for_decision(key_id, version, actor)
    if digits.strip().lower() != key.fingerprint[-8:]:
        raise InvalidInput(
            "指纹末 8 位与密钥不符，请与本人电话核对",
            "the digits are not those of the fingerprint",
            field="digits",
        )
    registrar = SigningKey.objects.get(pk=signer.key_id)
    if signer.person_key != actor.person_key:
        raise NotAllowed("签名密钥不属于您", "the key is not yours", code="not_your_key")
    certify(key, signer=signer, registrar=registrar, actor=actor)
    return key


def _for_decision(key_id: int, version: int, actor: User) -> SigningKey:
    scope = masterdata.scope_of(actor)
    scope.demand(CONFIRM_RIGHT)
    key = _locked(key_id)
    people.get_person(key.user_id, scope=scope)
    key.require_version(version)
    if key.person_key == actor.person_key:
        raise NotAllowed("不能确认自己的签名密钥", "another person vouches", code="same_person")
    return key


@transaction.atomic(durable=True)
def refuse(*, key_id: int, version: int, why: str, actor: User) -> SigningKey:
    """A security administrator does not vouch for the key. Raises as `confirm`."""
    key = _for_decision(key_id, version, actor)
    key.move("refuse")
    key.decided_by, key.decided_at, key.end_reason = actor, clock.now(), why.strip()[:200]
    key.save_changes(["state", "decided_by", "decided_at", "end_reason"])
    audit.record("approvals.signing_key.refused", actor=actor, subject=key, why=why)
    return key


@transaction.atomic(durable=True)
def revoke(
    *, key_id: int, version: int, why: str, actor: User, since: datetime | None = None
) -> SigningKey:
    """A key is lost or suspect: from `since` (now unless told) nothing it signed is sent. Its owner or a security administrator.

    Raises NotFound, NotAllowed, InvalidInput (no reason), Conflict.
    """
    key = _locked(key_id)
    scope = masterdata.scope_of(actor)
    if key.user_id != actor.pk:
        if not scope.has(CONFIRM_RIGHT):
            raise NotFound("signing key")
        people.get_person(key.user_id, scope=scope)
    key.require_version(version)
    if len(why.strip()) < 2:
        raise InvalidInput("请填写原因", "a reason is wanted", field="why")
    now = clock.now()
    key.move("revoke")
    key.distrusted_from = min(since or now, now)
    key.end_reason = why.strip()[:200]
    key.save_changes(["state", "distrusted_from", "end_reason"])
    audit.record(
        "approvals.signing_key.revoked",
        actor=actor,
        subject=key,
        after={"fingerprint": key.fingerprint, "distrusted_from": key.distrusted_from},
        why=why,
    )
    return key


@transaction.atomic(durable=True)
def change_passphrase(*, user: User, old: Secret, new: Secret) -> SigningKey:
    """The same key under another passphrase. Raises NotAllowed (no key, wrong passphrase), InvalidInput (weak)."""
    key = usable(user)
    private = _open_box(key, old)
    if private is None:
        raise KeyRefused("原签名口令不正确", "wrong passphrase", code="wrong_passphrase")
    key.box = _boxed(private, checked(new, user), key.fingerprint)
    key.save_changes(["box"])
    audit.record("approvals.signing_key.passphrase_changed", actor=user, subject=key)
    return key


def usable(user: User) -> SigningKey:
    """The person's key that may sign now, locked. Raises NotAllowed."""
    now = clock.now()
    rows = SigningKey.objects.select_for_update(of=("self",))
    key = rows.filter(user=user, state=KeyState.ACTIVE).first()
    if key is None:
        raise KeyRefused(
            "您还没有可用的签名密钥：请在「签名密钥」页面申请，并由安全管理员确认",
            "you have no signing key yet",
            code="key_missing",
        )
    if not key.valid_from <= now < key.valid_to:
        raise KeyRefused(
            "您的签名密钥已过有效期，请申请新的密钥", "your key has expired", code="key_expired"
        )
    if key.locked_until is not None and now < key.locked_until:
        raise KeyRefused(
            "签名口令连续输错，密钥已锁定，请稍后再试", "your key is locked", code="key_locked"
        )
    return key


def _open_box(key: SigningKey, passphrase: Secret) -> bytes | None:
    if key.provider != SigningKey.Provider.SOFTWARE:
        raise KeyRefused(
            "您的签名密钥在安全密钥（硬件）中，没有签名口令；请在浏览器中办理",
            "your key is in a token and has no passphrase",
            code="key_in_token",
        )
    aad = _aad(key.fingerprint)
    try:
        return lockbox.unlock(vault.ring().decrypt(bytes(key.box), aad=aad), passphrase, aad=aad)
    except WrongPassphrase:
        return None


@transaction.atomic(durable=True)
def _tried(user: User, passphrase: Secret) -> SoftwareSigner | KeyRefused:
    key = usable(user)
    private = _open_box(key, passphrase)
    if private is None:
        return _failed(key, user)
    if key.failures:
        SigningKey.objects.filter(pk=key.pk).update(failures=0, locked_until=None)
    return _signer(key, private)


def _signer(key: SigningKey, private: bytes) -> SoftwareSigner:
    point, secret = bytes(key.point), Secret(private.hex())
    return SoftwareSigner(key.pk, key.fingerprint, key.person_key, key.algorithm, point, secret)


def opened(key: SigningKey, passphrase: Secret) -> SoftwareSigner:
    """A key that was just made, opened with the passphrase it was made with (a step of installation). Raises NotAllowed."""
    private = _open_box(key, passphrase)
    if private is None:
        raise KeyRefused("签名口令不正确", "wrong passphrase", code="wrong_passphrase")
    return _signer(key, private)


def _failed(key: SigningKey, user: User) -> KeyRefused:
    failures = key.failures + 1
    until = None
    if failures >= FAILURES_MAX:
        failures, until = 0, clock.now() + timedelta(minutes=LOCK_MINUTES)
    SigningKey.objects.filter(pk=key.pk).update(failures=failures, locked_until=until)
    audit.record(
        "approvals.signing_key.locked" if until else "approvals.signing_key.unlock_failed",
        actor=user,
        subject=key,
    )
    return KeyRefused("签名口令不正确，未执行任何操作", "wrong passphrase", code="wrong_passphrase")


def unlock(*, user: User, passphrase: Secret) -> SoftwareSigner:
    """The person's key for one act. Wrong passphrases are counted and recorded; five of them lock the key for a while.

    Raises KeyRefused: key_missing, key_expired, key_locked, wrong_passphrase.
    """
    tried = _tried(user, passphrase)
    if isinstance(tried, KeyRefused):
        raise tried
    return tried


def establish(*, user: User, passphrase: Secret) -> SigningKey:
    """The key of a registrar, pinned in the file outside the database (a step of installation, never of a page)."""
    key = add(user, passphrase, now=clock.now())
    trust.pin(key.fingerprint, user.username)
    _retire_earlier(key, clock.now())
    key.move("confirm")
    key.decided_by, key.decided_at = user, clock.now()
    key.save_changes(["state", "decided_by", "decided_at"])
    audit.record(
        "approvals.registrar.established",
        actor=None,
        subject=key,
        after={"fingerprint": key.fingerprint, "person": user.person_key},
    )
    return key
