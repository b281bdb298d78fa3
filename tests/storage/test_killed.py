"""Killed at any moment: what was acknowledged is there, and a page and its cursor are there together or not at all."""

import os
import random
import signal
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial

import pytest

from storage.books import invoices
from storage.connections import connection
from storage.database import Database, Tx
from storage.pages import save_page
from storage.settings import set_setting, settings
from storage.writer import GroupWriter
from tests.storage.amber import BUSINESS, CONNECTION, NOW, invoice, page

Say = Callable[[int], None]
PAGE = 20


def killed(work: Callable[[Database, Say], None], url: str, *, after: int, seed: int) -> list[int]:
    """Run `work` in a child, kill -9 it at a random moment after so many acknowledgements; those it gave."""
    ear, mouth = os.pipe()
    child = os.fork()
    if child == 0:
        _live(work, url, mouth)
    os.close(mouth)
    heard = os.read(ear, 4 * after)
    while len(heard) < 4 * after:
        heard += os.read(ear, 4 * after)
    _linger(random.Random(seed).randrange(3000))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while more := os.read(ear, 65536):
        heard += more
    os.close(ear)
    return [int.from_bytes(heard[at : at + 4], "big") for at in range(0, len(heard) - 3, 4)]


def _live(work: Callable[[Database, Say], None], url: str, mouth: int) -> None:
    try:
        work(Database.open(url), lambda number: _say(mouth, number))
    finally:
        os._exit(1)


def _say(mouth: int, number: int) -> None:
    os.write(mouth, number.to_bytes(4, "big"))


def _linger(rounds: int) -> None:
    for _ in range(rounds):
        os.getpid()


def pull(database: Database, say: Say) -> None:
    """Pages for ever, as a first pull: each goes on from the cursor that was saved."""
    with database.read() as tx:
        known = connection(tx, BUSINESS, CONNECTION)
    assert known is not None
    number = int(known.cursor.value) if known.cursor else 0
    while True:
        records = [invoice(number * PAGE + one) for one in range(PAGE)]
        number += 1
        with database.write() as tx:
            save_page(tx, BUSINESS, CONNECTION, page(*records, cursor=str(number)), now=NOW)
        say(number)


@pytest.mark.parametrize("seed", range(3))
def test_a_killed_pull_lost_nothing_it_had_saved(url: str, opened: Callable[[str], Database], seed: int) -> None:
    for again in range(3):
        acknowledged = killed(pull, url, after=3 + seed, seed=seed * 10 + again)
        database = opened(url)
        with database.read() as tx:
            known = connection(tx, BUSINESS, CONNECTION)
            held = sum(1 for _ in invoices(tx, BUSINESS))
        assert known is not None
        assert known.cursor is not None
        assert int(known.cursor.value) >= acknowledged[-1]
        assert held == int(known.cursor.value) * PAGE


def write(database: Database, say: Say) -> None:
    """Units for ever, many in flight, each acknowledged when its future is done."""
    writer = GroupWriter(database)
    number = 0
    while True:
        futures: list[Future[None]] = []
        for _ in range(30):
            number += 1
            futures.append(writer.submit(partial(_keep, number)))
            futures[-1].add_done_callback(partial(_told, say, number))
        futures[-1].result()


def _keep(number: int, tx: Tx) -> None:
    set_setting(tx, "", str(number), "x")


def _told(say: Say, number: int, _done: Future[None]) -> None:
    say(number)


@pytest.mark.parametrize("seed", range(3))
def test_a_killed_writer_had_written_what_it_said(url: str, opened: Callable[[str], Database], seed: int) -> None:
    acknowledged = killed(write, url, after=20 + 40 * seed, seed=seed)
    with opened(url).read() as tx:
        kept = {int(name) for name in settings(tx, "")}
    assert kept >= set(acknowledged)
    assert len(acknowledged) >= 20
