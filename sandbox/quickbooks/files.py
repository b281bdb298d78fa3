"""Files that hang on records: an address for a quarter of an hour, and a store behind it that asks for no token."""

from collections.abc import Mapping
from datetime import timedelta

from flask import Flask
from werkzeug.wrappers import Response

from sandbox.quickbooks.company import Company

ADDRESS_LIFE = timedelta(minutes=15)
EXPIRED = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
)


def download(held: Company, row_id: str) -> Response:
    """The address as plain text. A test may have the next ones be over before they are used."""
    row = held.ledger.get("Attachable", row_id)
    until = held.now() + ADDRESS_LIFE
    if held.stale_addresses > 0:
        held.stale_addresses -= 1
        until = held.now() - ADDRESS_LIFE
    mark = f"{row.id}-{len(held.addresses) + 1}"
    held.addresses[mark] = row.id, until
    url = f"{held.world.addresses['quickbooks']}/files/{held.ledger.realm}/{mark}?Expires={int(until.timestamp())}"
    return Response(url, 200, content_type="text/plain")


def add_files(app: Flask, companies: Mapping[str, Company]) -> None:
    """The store. `companies` are by realm."""

    @app.get("/files/<realm>/<mark>")
    def stored(realm: str, mark: str) -> Response:
        held = companies[realm]
        with held.world.lock:
            row_id, until = held.addresses.get(mark, ("", held.now()))
            if until <= held.now():
                return Response(EXPIRED, 403, content_type="application/xml")
            row = held.ledger.tables["Attachable"].get(row_id)
            if row is None:
                return Response(EXPIRED, 404, content_type="application/xml")
            return Response(row.content, 200, content_type=row.content_type or "application/octet-stream")
