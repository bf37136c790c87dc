"""Tests: real PostgreSQL, keys that live as long as the run, files served as they are."""

import base64
import os
import tempfile

from kernel import envelope

if not {"SEAL_PUBLIC_KEYS", "SEAL_PRIVATE_KEYS"} & os.environ.keys():
    _public, _private = envelope.generate(envelope.X25519)
    os.environ["SEAL_PUBLIC_KEYS"] = envelope.written(1, _public)
    os.environ["SEAL_PRIVATE_KEYS"] = envelope.written(1, _private)
for _name, _value in {
    "SECRET_KEY": base64.b64encode(os.urandom(48)).decode(),
    "SEAL_KEY": base64.b64encode(os.urandom(32)).decode(),
    "DATA_KEYS": "1:" + base64.b64encode(os.urandom(32)).decode(),
    "ANCHORS_FILE": os.path.join(tempfile.gettempdir(), f"yqlink-anchors-{os.getpid()}"),
    "REGISTRARS_FILE": os.path.join(tempfile.gettempdir(), f"yqlink-registrars-{os.getpid()}"),
}.items():
    os.environ.setdefault(_name, _value)

from yqlink.settings.base import *  # noqa: E402, F403
from yqlink.settings.base import STORAGES  # noqa: E402

ALLOWED_HOSTS = ["*"]
ERP_LOCAL = True
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.MD5PasswordHasher"
]  # speed: no test password is worth guarding
SIGNING_KDF = (1, 8, 1)
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
CELERY_BROKER_URL = os.environ.get("REDIS_URL", "memory://")
AXES_ENABLED = False  # the tests of the lockout switch it on
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
