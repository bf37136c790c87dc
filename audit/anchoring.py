"""The chain's head, kept outside the database: a line a minute in a file, and once a day by mail and webhook.

A line is canonical JSON: its number, which links it covers, the root over their digests, the head (the last link's digest)
and the digest of the line before, so that the lines are a chain of their own. Whoever rewrites the database cannot rewrite
a file on another machine, a mailbox, or what a webhook's receiver wrote down. Where the process holds the platform's key
(a bank's worker) the line is signed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.db import connection, transaction

from audit.models import Anchor, Link
from audit.verifying import Break
from kernel import clock, merkle, seal, signatures, vault
from kernel.envelope import KeysAbsent
from kernel.errors import InvariantBroken

log = structlog.get_logger(__name__)
LINKS_MAX = 100_000
NOTHING = "0" * 64
_LOCK = 7302
_HEADS = 5_000
_PURPOSE = b"yqlink.anchor.v1\x00"
_WORDS = frozenset({"number", "at", "first", "last", "root", "head", "previous"})
_TAIL_BYTES = 8192  # more than any line has


class BehindItsAnchor(InvariantBroken):
    """The database is older than what is known of it outside: it was restored, or rewritten."""


def _signed(body: dict[str, Any]) -> dict[str, Any]:
    try:
        point, signature = vault.sign_as_platform(_PURPOSE + seal.canonical(body))
    except KeysAbsent:
        return body
    return {**body, "key": point.hex(), "signature": signature.hex()}


@transaction.atomic(durable=True)
def anchor() -> Anchor | None:
    """One line about every link since the last one; None when there is none, or another process is at it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return None
    if why := behind():
        log.error("anchor_refused", why=why)
        return None
    last = Anchor.objects.order_by("-number").first()
    links = _links_since(last)
    if not links:
        return None
    return _written(
        links, number=last.number + 1 if last else 1, previous=last.digest if last else NOTHING
    )


def _links_since(last: Anchor | None) -> list[tuple[int, str]]:
    rows = Link.objects.filter(seq__gt=last.last_seq if last else 0).order_by("seq")
    return list(rows.values_list("seq", "digest")[:LINKS_MAX])


def _written(
    links: Sequence[tuple[int, str]],
    *,
    number: int,
    previous: str,
    head: tuple[int, str] | None = None,
    **more: Any,
) -> Anchor:
    """One line about these links; `head` where there are none."""
    seq, digest = links[-1] if links else head or (0, NOTHING)
    root = merkle.tree([one.encode() for _, one in links])[0].hex() if links else NOTHING
    now = clock.now()
    body: dict[str, Any] = {
        "number": number,
        "at": now.astimezone(clock.SHANGHAI).isoformat(),
        "first": links[0][0] if links else seq + 1,
        "last": seq,
        "root": root,
        "head": digest,
        "previous": previous,
        **more,
    }
    line = seal.canonical(_signed(body)).decode()
    return Anchor.objects.create(
        number=number,
        at=now,
        first_seq=body["first"],
        last_seq=seq,
        line=line,
        digest=seal.digest(line.encode()),
    )


def behind() -> str:
    """What the file's last line knows that the database has not, or has otherwise; empty where it agrees or there is no file."""
    line = _last_line()
    if not line:
        return ""
    body = _read(line)
    if body is None:
        return "锚文件的最后一行无法识别或签名不符"
    seq, head = body["last"], body["head"]
    found = Link.objects.filter(seq=seq).values_list("digest", flat=True).first()
    if found == head or (seq == 0 and head == NOTHING):
        return ""
    if found is None:
        return f"锚文件所载的第 {seq} 链不在数据库中：数据库旧于锚文件，可能从备份恢复"
    return f"数据库的第 {seq} 链与锚文件不符：数据库从备份恢复后又有写入，或被改写"


def _last_line() -> str:
    path = Path(settings.ANCHORS_FILE)
    try:
        with path.open("rb") as stream:
            stream.seek(0, os.SEEK_END)
            stream.seek(max(0, stream.tell() - _TAIL_BYTES))
            found = stream.read().decode("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return ""
    return next((line for line in reversed(found) if line), "")


def require_current() -> None:
    """Raise BehindItsAnchor where the file knows more than the database."""
    if why := behind():
        raise BehindItsAnchor(why)


def highest_epoch() -> int:
    """The epoch of the last restore the file tells of; 0 where it tells of none."""
    bodies = (_read(line) for line in lines())
    return max(
        (body["restored"]["epoch"] for body in bodies if body and "restored" in body), default=0
    )


def go_on_after_restore(*, epoch: int, by: str, why: str) -> Anchor:
    """A signed line that says: from its head on, the chain is that of a restored database (a step).

    What the file holds beyond that head is the branch that was lost. Raises KeysAbsent outside a bank's worker.
    """
    vault.opener()
    known = [_read(line) for line in lines()]
    number = max((body["number"] for body in known if body), default=0) + 1
    previous = seal.digest(_last_line().encode()) if known else NOTHING
    head = Link.objects.order_by("-seq").values_list("seq", "digest").first()
    links = _links_since(Anchor.objects.order_by("-number").first())
    told = {"epoch": epoch, "by": by, "why": why}
    return _written(links, number=number, previous=previous, head=head, restored=told)


def lines() -> Iterator[str]:
    """The lines of the file, in order."""
    path = Path(settings.ANCHORS_FILE)
    if path.exists():
        yield from filter(None, path.read_text("utf-8").splitlines())


def file() -> int:
    """Write to the file what it lacks; how many lines. It is only ever appended to."""
    path = Path(settings.ANCHORS_FILE)
    path.parent.mkdir(parents=True, exist_ok=True)
    known = [json.loads(line)["number"] for line in lines()]
    missing = Anchor.objects.filter(number__gt=max(known, default=0)).order_by("number")
    rows = list(missing)
    if not rows:
        return 0
    with path.open("a", encoding="utf-8") as stream:
        stream.writelines(f"{row.line}\n" for row in rows)
        stream.flush()
        os.fsync(stream.fileno())
    Anchor.objects.filter(pk__in=[row.pk for row in rows]).update(filed_at=clock.now())
    return len(rows)


def tell() -> Anchor | None:
    """Send the newest line by mail and webhook, once a day; None when there is nothing to tell or nobody to tell it to."""
    if not (settings.ANCHOR_EMAIL or settings.ANCHOR_WEBHOOK):
        return None
    row = Anchor.objects.order_by("-number").first()
    told = Anchor.objects.filter(told_at__isnull=False).order_by("-number").first()
    due = clock.now() - timedelta(hours=24)
    if row is None or (told is not None and told.told_at is not None and told.told_at > due):
        return None
    try:
        _send(row)
    except (
        Exception
    ) as error:  # a mail server's bad day: the file has the line, the next tick tries again
        log.warning("anchor_not_told", number=row.number, why=type(error).__name__)
        Anchor.objects.filter(pk=row.pk).update(last_error=f"{type(error).__name__}: {error}"[:300])
        return None
    Anchor.objects.filter(pk=row.pk).update(told_at=clock.now(), last_error="")
    return row


def _send(row: Anchor) -> None:
    if settings.ANCHOR_EMAIL:
        send_mail(
            f"银企联平台审计链锚 {row.number}",
            f"{row.line}\n\nsha256 {row.digest}\n",
            settings.DEFAULT_FROM_EMAIL,
            settings.ANCHOR_EMAIL,
        )
    if settings.ANCHOR_WEBHOOK:
        import httpx  # few installations tell their anchors this way

        answer = httpx.post(
            settings.ANCHOR_WEBHOOK,
            content=row.line.encode(),
            headers={"Content-Type": "application/json"},
            timeout=10,
            follow_redirects=False,
        )
        answer.raise_for_status()


def verify_anchors() -> list[Break]:
    """Where the chain is not the one the file knows: links gone or rewritten, lines altered. Empty without a file."""
    breaks: list[Break] = []
    heads: dict[int, str] = {}
    told = dict(Anchor.objects.values_list("number", "digest"))
    previous = NOTHING
    for place, line in enumerate(lines(), start=1):
        digest = seal.digest(line.encode())
        body = _read(line)
        if body is None:
            breaks.append(Break(0, None, f"锚文件第 {place} 行无法识别或签名不符"))
        else:
            if body["number"] != place or body["previous"] != previous:
                breaks.append(Break(body["first"], None, f"锚文件第 {place} 行缺失或被改动"))
            elif told.get(place, digest) != digest:
                breaks.append(Break(body["first"], None, f"锚文件第 {place} 行与数据库所存的不同"))
            if "restored" in body:  # what was known beyond it is the branch that was lost
                heads = {seq: head for seq, head in heads.items() if seq <= body["last"]}
            heads[body["last"]] = body["head"]
        previous = digest
    return breaks + list(_differences(heads))


def _read(line: str) -> dict[str, Any] | None:
    """A line's words; None where it is none of ours, or the platform did not sign these words."""
    try:
        body: dict[str, Any] = json.loads(line)
        said = {name: value for name, value in body.items() if name not in ("key", "signature")}
        if not said.keys() >= _WORDS:
            return None
        if "signature" in body:
            point, signature = bytes.fromhex(body["key"]), bytes.fromhex(body["signature"])
            message = _PURPOSE + seal.canonical(said)
            if not signatures.verify(signatures.Algorithm.ECDSA, point, message, signature):
                return None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return said


def _differences(heads: Mapping[int, str]) -> Iterator[Break]:
    """Heads the chain no longer has; a head stands for all links before it, because each link names the one before."""
    wanted = sorted(heads)
    for start in range(0, len(wanted), _HEADS):
        part = wanted[start : start + _HEADS]
        found = dict(Link.objects.filter(seq__in=part).values_list("seq", "digest"))
        for seq in part:
            if seq not in found:
                yield Break(seq, None, f"锚文件所载的第 {seq} 链已不在：记录被删除")
            elif found[seq] != heads[seq]:
                yield Break(seq, None, f"第 {seq} 链与锚文件不符")


def proof_of(seq: int) -> tuple[str, str] | None:
    """The anchor line that covers a link, and the path of its digest to that line's root; None when none covers it yet."""
    row = Anchor.objects.filter(first_seq__lte=seq, last_seq__gte=seq).first()
    if row is None:
        return None
    digests = Link.objects.filter(seq__gte=row.first_seq, seq__lte=row.last_seq).order_by("seq")
    _, paths = merkle.tree([digest.encode() for digest in digests.values_list("digest", flat=True)])
    return row.line, paths[seq - row.first_seq]
