"""`python -m bench.floor PLAN`: the least that any reader has to do, as the floor that we are compared with.

Plain requests with gzip, orjson, and one SQLite table written by upsert, a page a transaction: the same lists with the
same page sizes from the same server, one call after the other, nothing looked at twice.
"""

import json
import sqlite3
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from typing import Any

import click
import orjson
import requests

from bench.lists import LISTS, Row
from bench.processes import most_memory_mib

TABLE = """CREATE TABLE record (kind TEXT, id TEXT, customer TEXT, number TEXT, currency TEXT, total NUMERIC,
open NUMERIC, dated TEXT, changed TEXT, PRIMARY KEY (kind, id)) WITHOUT ROWID"""
UPSERT = """INSERT INTO record VALUES (?,?,?,?,?,?,?,?,?) ON CONFLICT (kind, id) DO UPDATE SET
customer=excluded.customer, number=excluded.number, currency=excluded.currency, total=excluded.total,
open=excluded.open, dated=excluded.dated, changed=excluded.changed"""


def main() -> None:
    """Read everything, and say what it cost."""
    plan = json.loads(sys.argv[1])
    with closing(sqlite3.connect(plan["database"], isolation_level=None)) as database, requests.Session() as session:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute(TABLE)
        session.trust_env = False
        session.headers.update(plan["headers"])
        began, cpu = time.monotonic(), time.process_time()
        _read(database, session, plan)
        cost = {"cpu": time.process_time() - cpu, "wall": time.monotonic() - began}
    click.echo(json.dumps({**cost, "memory": most_memory_mib()}))


def _read(database: sqlite3.Connection, session: requests.Session, plan: Mapping[str, Any]) -> None:
    walk = {"quickbooks": _quickbooks, "xero": _xero, "stripe": _stripe}[plan["platform"]]
    for one in LISTS[plan["platform"]]:
        for page in walk(session, plan["address"], one.kind, one.asked):
            database.execute("BEGIN IMMEDIATE")
            database.executemany(UPSERT, _rows(one.kind, page, one.row))
            database.execute("COMMIT")


def _rows(kind: str, page: Iterable[Mapping[str, Any]], row: Any) -> Iterator[Row]:
    return ((kind, *row(one)) for one in page)


def _get(session: requests.Session, url: str, asked: Mapping[str, str]) -> Any:
    answer = session.get(url, params=asked, timeout=120)
    answer.raise_for_status()
    return orjson.loads(answer.content)


def _quickbooks(
    session: requests.Session, address: str, kind: str, asked: Mapping[str, str]
) -> Iterator[list[Mapping[str, Any]]]:
    start, going = 1, True
    while going:
        order = f"ORDERBY Id STARTPOSITION {start} MAXRESULTS 1000"
        query = f"SELECT * FROM {kind} {asked.get('where', '')} {order}"  # noqa: S608 - QuickBooks' language, no SQL
        rows = _get(session, f"{address}/query", {"query": query, "minorversion": "75"})["QueryResponse"].get(kind, [])
        yield rows
        start, going = start + 1000, len(rows) == 1000


def _xero(
    session: requests.Session, address: str, kind: str, asked: Mapping[str, str]
) -> Iterator[list[Mapping[str, Any]]]:
    page, pages = 1, 1
    while page <= pages:
        told = _get(session, f"{address}/{kind}", {**asked, "page": str(page), "pageSize": "1000"})
        yield told[kind]
        page, pages = page + 1, (told.get("pagination") or {}).get("pageCount", 0)


def _stripe(
    session: requests.Session, address: str, kind: str, asked: Mapping[str, str]
) -> Iterator[list[Mapping[str, Any]]]:
    after: dict[str, str] = {}
    going = True
    while going:
        told = _get(session, f"{address}/{kind}", {**asked, "limit": "100", **after})
        yield told["data"]
        going = told["has_more"]
        after = {"starting_after": told["data"][-1]["id"]} if going else {}


if __name__ == "__main__":
    main()
