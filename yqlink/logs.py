"""Structured logs: one JSON object a line, with account numbers masked and secret-looking values removed."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_LONG_NUMBER = re.compile(r"(?<![\d.])\d{9,}(?!\d)")
_SECRET_KEY = re.compile(
    r"(?i)(passw|secret|token|credential|authori[sz]ation|cookie|session(?!_count)|seal|private|api_?key|data_?keys?|csrf|otp|totp)"
)
_DEPTH_MAX = 6


def mask_numbers(text: str) -> str:
    """`text` with the middle of every run of nine digits or more starred out; its last four digits stay."""
    return _LONG_NUMBER.sub(lambda found: "*" * 4 + found.group()[-4:], text)


def _clean(key: str, value: Any, depth: int) -> Any:
    if key and _SECRET_KEY.search(key):
        return "***"
    if isinstance(value, str):
        return mask_numbers(value)
    if isinstance(value, bytes | bytearray):
        return f"<{len(value)} bytes>"
    if isinstance(value, bool) or value is None or isinstance(value, int | float):
        return value
    if depth >= _DEPTH_MAX:
        return "…"
    if isinstance(value, Mapping):
        return {str(name): _clean(str(name), item, depth + 1) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean("", item, depth + 1) for item in value]
    return mask_numbers(str(value))


def redact(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """structlog processor: nothing that could move or name money leaves through a log."""
    return {
        key: value if key.startswith("_") else _clean(key, value, 0) for key, value in event.items()
    }


class MaskingFilter(logging.Filter):
    """The same promise for plain `logging` calls of libraries."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always true; rewrites the message."""
        if not isinstance(record.msg, dict):
            record.msg, record.args = mask_numbers(record.getMessage()), None
        return True


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=False),
    ]


def setup_structlog() -> None:
    """Send structlog through the standard library's handlers."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared(),
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.processors.StackInfoRenderer(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def logging_config(*, level: str, form: str) -> dict[str, Any]:
    """Django's LOGGING: `form` is json (one object a line) or text (for a person's terminal)."""
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"mask": {"()": "yqlink.logs.MaskingFilter"}},
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _shared(),
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    redact,
                    renderer,
                ],
            }
        },
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "structured",
                "filters": ["mask"],
            }
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django.server": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
            "httpx": {"level": "WARNING"},
            "httpcore": {"level": "WARNING"},
            "axes": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
            "celery.beat": {"level": "WARNING"},
        },
    }
