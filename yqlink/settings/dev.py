"""A person's machine and `make demo`: the supervisor provides servers and keys; payments can only go to simulators."""

from django.core.exceptions import ImproperlyConfigured

from yqlink.settings.base import *  # noqa: F403
from yqlink.settings.base import CHANNEL, env

DEBUG = env.bool("DEBUG", default=False)
if CHANNEL != "simulator":
    raise ImproperlyConfigured(
        "development settings never meet a live channel: use yqlink.settings.prod"
    )
SIGNING_KDF = (2, 19 * 1024, 1)  # a demo group is seeded in seconds
SECRET_KEY = env.str("SECRET_KEY", default="") or "development-only"
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
IS_DEMO = True
ERP_LOCAL = True
