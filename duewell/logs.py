"""Logs for the operator at 3 a.m.: one line a fact, JSON for machines, and never a secret."""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

from duewell.config import Settings

SECRET_NAMES = re.compile(r"token|secret|password|key|authorization|cookie|body|email|phone", re.IGNORECASE)
SECRET_SHAPES = re.compile(
    r"(?:rk|sk|whsec)_\w+|eyJ[\w.-]{20,}|(?:Bearer|Basic)\s+\S+|[\w.+-]+@[\w-]+\.[\w.-]+"
    r"|(?<=/[bpx]/)[A-Za-z0-9_-]{20,}"
    r"|(?<=[?&])(?:code|state|\w*token|\w*secret|\w*key)=[^&\s\"']+"
)
HIDDEN = "[hidden]"
# some of these log tokens or bodies at DEBUG: they are never let below WARNING
CHATTY = ("urllib3", "requests_oauthlib", "stripe", "apscheduler", "waitress", "mail.log")
STAMPED: tuple[Any, ...] = (
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
)


def hide_secrets(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The last line of defence: names and shapes of secrets and addresses are blotted out, however deep they lie."""
    for name, value in event.items():
        event[name] = HIDDEN if SECRET_NAMES.search(name) else _hidden(value)
    return event


def _hidden(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return hide_secrets(None, "", {str(name): inner for name, inner in value.items()})
    if isinstance(value, list | tuple | set | frozenset):
        return [_hidden(inner) for inner in value]
    return SECRET_SHAPES.sub(HIDDEN, str(value))


def configure(settings: Settings) -> None:
    """Send everything, also what libraries log and warn of, through one renderer to standard error."""
    as_json = settings.log_format == "json" or (settings.log_format == "auto" and not sys.stderr.isatty())
    renderer: Any = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    _libraries(renderer)
    structlog.configure(
        processors=[*STAMPED, hide_secrets, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


class _Lines(logging.Handler):
    """Writes to wherever standard error is at that moment."""

    def emit(self, record: logging.LogRecord) -> None:
        """One record, one line (an exception has several when it is for people)."""
        sys.stderr.write(f"{self.format(record)}\n")


def _libraries(renderer: Any) -> None:
    """What goes through the standard library's logging meets the same processors."""
    lines = _Lines()
    meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    before = [structlog.stdlib.add_logger_name, *STAMPED]
    lines.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=before, processors=[meta, hide_secrets, renderer])
    )
    root = logging.getLogger()
    for earlier in [one for one in root.handlers if isinstance(one, _Lines)]:
        root.removeHandler(earlier)
    root.addHandler(lines)
    root.setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(logging.WARNING)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a burst of webhooks is no warning each
