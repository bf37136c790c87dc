"""Tests: real PostgreSQL, keys that live as long as the run, files served as they are."""

import base64
import os

for _name, _value in {
    "SECRET_KEY": base64.b64encode(os.urandom(48)).decode(),
    "SEAL_KEY": base64.b64encode(os.urandom(32)).decode(),
    "DATA_KEYS": "1:" + base64.b64encode(os.urandom(32)).decode(),
}.items():
    os.environ.setdefault(_name, _value)

from yqlink.settings.base import *  # noqa: E402, F403
from yqlink.settings.base import STORAGES  # noqa: E402

ALLOWED_HOSTS = ["*"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.MD5PasswordHasher"
]  # speed: no test password is worth guarding
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
CELERY_BROKER_URL = os.environ.get("REDIS_URL", "memory://")
AXES_ENABLED = False  # the tests of the lockout switch it on
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
