"""Logs for the operator at 3 a.m.: one line a fact, JSON for machines, and never a secret."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from duewell.config import Settings

SECRET_NAMES = re.compile(r"token|secret|password|key|authorization|cookie|body|email|phone", re.IGNORECASE)
SECRET_SHAPES = re.compile(r"(?:rk|sk|whsec)_\w+|eyJ[\w.-]{20,}|Bearer\s+\S+|[\w.+-]+@[\w-]+\.[\w.-]+")
HIDDEN = "[hidden]"


def hide_secrets(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The last line of defence: names and shapes of secrets and addresses are blotted out."""
    for name, value in event.items():
        if SECRET_NAMES.search(name) and name != "event":
            event[name] = HIDDEN
        elif isinstance(value, str):
            event[name] = SECRET_SHAPES.sub(HIDDEN, value)
    return event


def configure(settings: Settings) -> None:
    """Send everything, also what libraries log, through one renderer to standard error."""
    as_json = settings.log_format == "json" or (settings.log_format == "auto" and not sys.stderr.isatty())
    renderer: Any = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    for chatty in ("urllib3", "requests_oauthlib", "stripe", "apscheduler", "waitress", "mail.log"):
        # some of these log tokens or bodies at DEBUG: they are never let below WARNING
        logging.getLogger(chatty).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            hide_secrets,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
