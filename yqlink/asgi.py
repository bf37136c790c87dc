"""The ASGI entry."""

import os

from django.core.asgi import get_asgi_application

from yqlink.settings.guard import refuse_private_keys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yqlink.settings.prod")
refuse_private_keys(os.environ.get("SEAL_PRIVATE_KEYS", ""))
application = get_asgi_application()
