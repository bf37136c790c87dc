"""Settings every stage shares. Each environment variable read here is described in docs/operations.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import environ

from yqlink.beat import schedule
from yqlink.logs import logging_config, setup_structlog

env = environ.Env()
ROOT = Path(__file__).resolve().parents[2]
HOME = Path(env.str("YQLINK_HOME", default=str(ROOT / "var")))  # files the platform writes

DEBUG = False
SECRET_KEY = env.str("SECRET_KEY", default="")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
# the address people open ("https://pay.example.cn"): security keys are bound to it; empty: there are none
SITE_ADDRESS = env.str("SITE_ADDRESS", default="").rstrip("/")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
CHANNEL = env.str("YQLINK_CHANNEL", default="simulator")  # "simulator" or "live": where payments go
CLOCK_FILE = env.str("CLOCK_FILE", default="")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "yqlink.apps.CottonConfig",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "csp",
    "pgtrigger",
    "django_structlog",
    "audit",
    "desk",
    "masterdata",
    "approvals",
    "statements",
    "ledger",
    "payments",
    "receipts",
    "reconciliation",
    "treasury",
    "bankbridge",
    "erpbridge",
    "yqlink.workspace",
    "yqlink.apps.YqlinkConfig",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "yqlink.scope.ScopeMiddleware",
    "yqlink.reading.ReadingMiddleware",
    "yqlink.errors.DomainErrorMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "yqlink.urls"
WSGI_APPLICATION = "yqlink.wsgi.application"
ASGI_APPLICATION = "yqlink.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django_cotton.cotton_loader.Loader",
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "builtins": ["django_cotton.templatetags.cotton"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "yqlink.scope.context",
            ],
        },
    }
]


def database(url: str) -> dict[str, Any]:
    """Django's form of a PostgreSQL URL; `?host=/folder` names a unix socket."""
    parsed: dict[str, Any] = dict(environ.Env.db_url_config(url))
    options = dict(parsed.get("OPTIONS", {}))
    if "host" in options:
        parsed["HOST"] = options.pop("host")
    parsed["OPTIONS"] = options
    parsed["ATOMIC_REQUESTS"] = False  # a command opens and closes its own transaction
    parsed["CONN_MAX_AGE"] = 60
    parsed["CONN_HEALTH_CHECKS"] = True
    return parsed


DATABASES = {
    "default": database(env.str("DATABASE_URL", default="postgresql://postgres@localhost/yqlink"))
}

# --- people -----------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "masterdata.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": env.int("PASSWORD_LENGTH_MIN", default=12)},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "masterdata.passwords.WellKnownRunValidator"},
    {"NAME": "masterdata.passwords.NotRecentValidator"},
]
API_BEARER_KEYS = env.bool(
    "API_BEARER_KEYS", default=True
)  # calls that name their secret instead of signing
# hosts and networks bank connections may lead to; empty: any but link-local, metadata and the like
BANK_HOSTS = env.list("BANK_HOSTS", default=[])
# the same for finance systems, the folder their exchange folders stand in, and whether webhooks may lead to this machine
ERP_HOSTS = env.list("ERP_HOSTS", default=[])
ERP_FILES = env.str("ERP_FILES", default="")
ERP_LOCAL = False
API_KEY_DAYS = env.int("API_KEY_DAYS", default=365)
PASSWORD_HISTORY = env.int("PASSWORD_HISTORY", default=5)  # how many old ones never come back
PASSWORD_DAYS = env.int("PASSWORD_DAYS", default=90)  # 0: a password never grows old
# Signing keys: how long one is good, what a guess at its passphrase costs (argon2id: passes, KiB, lanes), and the file of
# pinned registrars, which whoever writes the database must not be able to write.
SIGNING_KEY_DAYS = env.int("SIGNING_KEY_DAYS", default=730)
SIGNING_KDF = (3, 64 * 1024, 1)
REGISTRARS_FILE = env.str("REGISTRARS_FILE", default=str(HOME / "registrars"))
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/sign-in/"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
# what a failed try may have in its form and the record of tries must not keep
AXES_SENSITIVE_PARAMETERS = [
    *("username", "ip_address", "otp", "old_password", "new_password1", "new_password2"),
    *("key_answer", "csrfmiddlewaretoken"),
]
AXES_LOCKOUT_CALLABLE = "masterdata.views.sign_in.locked_out"
OTP_TOTP_ISSUER = "银企联平台"
OTP_TOTP_SYNC = False  # a code is good one step early or late, never more
STEP_UP_S = env.int("STEP_UP_S", default=300)  # how long a second factor covers further acts
IS_DEMO = False
# The idle limit is kept by yqlink.scope (polling does not count as presence); the cookie carries the absolute one.
SESSION_IDLE_S = env.int("SESSION_IDLE_S", default=15 * 60)
SESSION_COOKIE_AGE = env.int("SESSION_ABSOLUTE_S", default=10 * 3600)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME = "yqlink_session"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_NAME = "yqlink_csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"

# --- what people decide about the software: versioned, dated, by two people -------------------------------------------
STRATEGY_TOPICS = [
    "payments.topics.GoLive",
    "payments.topics.BankProduct",
    "payments.topics.SendWindow",
    "payments.topics.BatchSize",
    "payments.topics.DuplicateRules",
    "payments.topics.PayeeControl",
    "payments.topics.ScreeningRules",
    "ledger.topics.Booking",
    "payments.routing.RouteRules",
    "reconciliation.topics.Matching",
    "receipts.topics.Receiving",
    "bankbridge.topics.ChannelAlarms",
    "treasury.topics.EarlyWarnings",
]
RULE_FORESIGHT = "yqlink.foresight.foresee"  # what a proposed setting would have changed
DATED_KINDS = [
    "masterdata.services.strategy.strategy_kinds",
    "approvals.matrix.KIND",
    "approvals.standing.kind.KIND",
    "payments.limit_rows.KIND",
]

# --- headers ----------------------------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'", "data:"],
        "connect-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"

# --- language and time ------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [ROOT / "locale"]
LANGUAGE_COOKIE_NAME = "yqlink_language"
USE_I18N = True
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_THOUSAND_SEPARATOR = False  # amounts are grouped by {% money %}, identifiers never

# --- files ------------------------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(HOME / "static")))
STATICFILES_DIRS = [
    path for path in (ROOT / "yqlink/static", ROOT / "assets/dist") if path.is_dir()
]
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
}
MEDIA_ROOT = HOME / "files"
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

# --- API --------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["masterdata.api_policy.DeclaredPolicy"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "yqlink.errors.api_exception_handler",
    "COERCE_DECIMAL_TO_STRING": True,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "YQLink 银企联平台 API",
    "DESCRIPTION": "Payment orders in, results out. Amounts are strings with two decimals; times are ISO 8601 with offset.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
}

# Who knows the subject of an exception case: its page, the system's next step, the acts on offer (desk.guides).
CASE_GUIDES = {
    "payments.paymentorder": "payments.guides.of_orders",
    "payments.paymentinstruction": "payments.guides.of_instructions",
    "payments.linkedleg": "payments.guides.of_legs",
    "payments.outsidepayment": "payments.guides.of_outside",
    "erpbridge.comparison": "erpbridge.guides.of_comparisons",
    "masterdata.connection": "bankbridge.guides.of_connections",
    "masterdata.ownaccount": "masterdata.guides.of_accounts",
}

# Changes another app decides, by the beginning of their kind: the page where that is done. The longest fits.
CHANGE_PAGES = {
    "connection.erp": "erpbridge:systems",
    "ledger.period": "reconciliation:closes",
    "ledger.": "ledger:templates",
    "receipts.office": "receipts:offices",
    "receipts.schedule": "receipts:schedules",
    "reconciliation.": "reconciliation:accounts",
}

# --- background work: PostgreSQL is the queue, the broker only wakes workers --------------------------------------------
REDIS_URL = env.str("REDIS_URL", default="redis://localhost:6379/0")
WORKERS_APP = "yqlink.celery.app"  # what sends a task, imported by whoever does
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
}
CELERY_TASK_PUBLISH_RETRY = False  # the tick finds the row anyway
CELERY_TASK_DEFAULT_QUEUE = "quiet"
CELERY_TASK_ROUTES = {"bankbridge.*": {"queue": "bank"}, "erpbridge.*": {"queue": "erp"}}
CELERY_TASK_CREATE_MISSING_QUEUES = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = False  # work is found again in the database, not in the broker
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE = schedule()

# --- talking to banks -------------------------------------------------------------------------------------------------
DISPATCH_TICK_MAX_S = env.float(
    "DISPATCH_TICK_MAX_S", default=20.0
)  # a tick claims nothing new after this long
PULL_BALANCE_EVERY_S = env.int("PULL_BALANCE_EVERY_S", default=600)
PULL_STATEMENT_EVERY_S = env.int("PULL_STATEMENT_EVERY_S", default=300)
PULL_RECEIPT_EVERY_S = env.int("PULL_RECEIPT_EVERY_S", default=1800)
PULL_RECEIPT_DAYS = env.int(
    "PULL_RECEIPT_DAYS", default=10
)  # how far back a day that wants receipts is asked about again
COMPLETENESS_DAYS = env.int("COMPLETENESS_DAYS", default=31)  # how far back the job looks
PULL_FIRST_DAYS = env.int(
    "PULL_FIRST_DAYS", default=0
)  # past days fetched for an account never pulled
PULL_CLOSE_FROM_HOUR = env.int(
    "PULL_CLOSE_FROM_HOUR", default=1
)  # the day before is closed from this hour on
PULL_PAGES_MAX = env.int("PULL_PAGES_MAX", default=4000)

# Which tables keep a history of their rows (audit.row_rules).
ROW_RULES = "yqlink.row_rules.RULES"

# --- the audit chain's head outside the database -------------------------------------------------------------------
ANCHORS_FILE = env.str("ANCHORS_FILE", default=str(HOME / "anchors.jsonl"))
ANCHOR_EMAIL = env.list("ANCHOR_EMAIL", default=[])
ANCHOR_WEBHOOK = env.str("ANCHOR_WEBHOOK", default="")
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="yqlink@localhost")
vars().update(env.email_url("EMAIL_URL", default="dummymail://"))

# --- logs -------------------------------------------------------------------------------------------------------------
LOGGING_CONFIG = "logging.config.dictConfig"
LOGGING = logging_config(
    level=env.str("LOG_LEVEL", default="INFO"), form=env.str("LOG_FORMAT", default="json")
)
DJANGO_STRUCTLOG_CELERY_ENABLED = False  # yqlink.celery sees to it, where Celery is used
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
setup_structlog()

SILENCED_SYSTEM_CHECKS: list[str] = []
