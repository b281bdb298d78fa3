"""Xero's other spelling: the same reply as XML, for whoever does not ask for JSON."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

import msgspec
from werkzeug.wrappers import Response

DATE = re.compile(r"/Date\((-?\d+)(?:\+0000)?\)/")


def as_xml(reply: Response) -> Response:
    """A JSON reply's content as XML; anything else as it is."""
    if "json" not in (reply.content_type or ""):
        return reply
    text = f'<?xml version="1.0" encoding="utf-8"?>{"".join(_element("Response", msgspec.json.decode(reply.data)))}'
    return Response(text, reply.status_code, content_type="text/xml; charset=utf-8")


def _element(name: str, value: Any) -> Iterator[str]:
    yield f"<{name}>"
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _element(key, inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _element(_one_of(name), inner)
    elif value is not None:
        yield escape(_plain(value))
    yield f"</{name}>"


def _one_of(plural: str) -> str:
    return f"{plural[:-3]}y" if plural.endswith("ies") else plural[:-2] if plural.endswith("ses") else plural[:-1]


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    moment = DATE.fullmatch(value) if isinstance(value, str) else None
    return f"{datetime.fromtimestamp(int(moment[1]) / 1000, UTC):%Y-%m-%dT%H:%M:%S}" if moment else str(value)
