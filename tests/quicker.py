"""What libraries do again and again in a test run, done once or left out. It changes nothing that a test proves."""

from collections.abc import Callable
from typing import Any

from structlog.dev import ConsoleRenderer, plain_traceback
from werkzeug.routing import Rule

compile_builder: Callable[..., Any] = Rule._compile_builder
built: dict[Any, Any] = {}


def make_quicker() -> None:
    """For this process and those it forks."""
    # an error that is logged is else drawn with every variable of every frame, which takes seconds
    ConsoleRenderer.get_active().exception_formatter = plain_traceback
    Rule._compile_builder = build_once  # type: ignore[assignment, method-assign]


def build_once(rule: Rule, append_unknown: bool = True) -> Any:
    """Werkzeug writes and compiles code for every route of every application, alike in every sandbox."""
    converters = tuple((name, type(one)) for name, one in rule._converters.items())
    like = (tuple(rule._trace), converters, repr(rule.defaults), append_unknown)
    if like not in built:
        built[like] = compile_builder(rule, append_unknown)
    return built[like]
