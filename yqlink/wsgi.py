"""The WSGI entry."""

import os

from django.core.wsgi import get_wsgi_application

from yqlink.settings.guard import refuse_private_keys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yqlink.settings.prod")
refuse_private_keys(os.environ.get("SEAL_PRIVATE_KEYS", ""))
application = get_wsgi_application()
