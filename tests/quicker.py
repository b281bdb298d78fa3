"""What libraries do again and again in a test run, done once or left out. It changes nothing that a test proves."""

import gc
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache
from structlog.dev import ConsoleRenderer, plain_traceback
from werkzeug.routing import Rule

compile_builder: Callable[..., Any] = Rule._compile_builder
built: dict[Any, Any] = {}
compiled: defaultdict[type, LRUCache[Any, Any]] = defaultdict(partial(LRUCache, 2000))


def make_quicker() -> None:
    """For this process and those it forks."""
    gc.disable()  # until all tests are collected, there is no garbage to find
    # an error that is logged is else drawn with every variable of every frame, which takes seconds
    ConsoleRenderer.get_active().exception_formatter = plain_traceback
    Rule._compile_builder = build_once  # type: ignore[assignment, method-assign]
    # every test opens databases of its own, and each would compile all our statements anew
    Engine._compiled_cache = property(lambda one: compiled[type(one.dialect)], lambda *_: None)  # type: ignore[assignment]
    for dialect in (SQLiteDialect_pysqlite, PGDialect_psycopg):
        dialect.__eq__ = lambda one, other: type(one) is type(other)  # type: ignore[method-assign]
        dialect.__hash__ = lambda one: hash(type(one))  # type: ignore[assignment, method-assign]


def build_once(rule: Rule, append_unknown: bool = True) -> Any:
    """Werkzeug writes and compiles code for every route of every application, alike in every sandbox."""
    converters = tuple((name, type(one)) for name, one in rule._converters.items())
    like = (tuple(rule._trace), converters, repr(rule.defaults), append_unknown)
    if like not in built:
        built[like] = compile_builder(rule, append_unknown)
    return built[like]
