"""The WSGI entry. Pages are loaded here, before the server forks: its workers then share them."""

import gc
import os
from importlib import import_module

from django.core.wsgi import get_wsgi_application

from yqlink.settings.guard import refuse_private_keys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yqlink.settings.prod")
refuse_private_keys(os.environ.get("SEAL_PRIVATE_KEYS", ""))
application = get_wsgi_application()
import_module("yqlink.urls")
# What is here stays here: looked at by the collector of each worker, it would become each worker's own copy.
gc.collect()
gc.freeze()
