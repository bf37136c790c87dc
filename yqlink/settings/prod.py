"""Production. Refuses to boot with a missing secret, in debug, or with a movable clock beside a live channel."""

from yqlink.settings.base import *  # noqa: F403
from yqlink.settings.base import CHANNEL, CLOCK_FILE, SECRET_KEY, env
from yqlink.settings.guard import refuse_unsafe

DEBUG = env.bool("DEBUG", default=False)
refuse_unsafe(
    channel=CHANNEL,
    debug=DEBUG,
    clock_file=CLOCK_FILE,
    secret_key=SECRET_KEY,
    seal_key=env.str("SEAL_KEY", default=""),
    data_keys=env.str("DATA_KEYS", default=""),
    seal_public_keys=env.str("SEAL_PUBLIC_KEYS", default=""),
    crypto_suite=env.str("CRYPTO_SUITE", default="intl"),
    database_url=env.str("DATABASE_URL", default=""),
    redis_url=env.str("REDIS_URL", default=""),
)

API_BEARER_KEYS = env.bool("API_BEARER_KEYS", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31536000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = env.bool("COOKIES_SECURE", default=True)
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE
AXES_IPWARE_PROXY_COUNT = 1
AXES_IPWARE_META_PRECEDENCE_ORDER = ["HTTP_X_FORWARDED_FOR", "REMOTE_ADDR"]
