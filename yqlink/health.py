"""/healthz: whether database, broker and beat are alive, for the supervisor, the proxy and operators."""

from __future__ import annotations

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

HEARTBEAT_KEY = "yqlink:heartbeat"
HEARTBEAT_TTL_S = 45


def broker_client(url: str) -> redis.Redis:
    """A client of the broker; understands Celery's spelling of a unix socket."""
    plain = (
        url.replace("redis+socket://", "unix://", 1).partition("?")[0]
        if url.startswith("redis+socket")
        else url
    )
    return redis.Redis.from_url(plain, socket_timeout=1, socket_connect_timeout=1)


def leave_heartbeat() -> None:
    """Leave a mark that expires: beat sent a tick and a worker ran it."""
    broker_client(settings.CELERY_BROKER_URL).set(HEARTBEAT_KEY, "1", ex=HEARTBEAT_TTL_S)


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return bool(cursor.fetchone() == (1,))
    except DatabaseError:
        return False


def _broker_and_beat() -> tuple[bool, bool]:
    if not settings.CELERY_BROKER_URL.startswith(("redis", "unix")):
        return True, False
    try:
        client = broker_client(settings.CELERY_BROKER_URL)
        return bool(client.ping()), bool(client.exists(HEARTBEAT_KEY))
    except redis.RedisError:
        return False, False


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 while pages can be served (the database answers), else 503; broker and beat are told, not judged."""
    database = _database()
    broker, beat = _broker_and_beat()
    return JsonResponse(
        {"database": database, "broker": broker, "beat": beat}, status=200 if database else 503
    )
