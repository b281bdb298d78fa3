"""One holder at a time; secrets sealed, opened, rotated; a connecting used once."""

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Table, select

from integrations.contract import Attempt, AttemptStore, Grant, GrantStore, Meter
from integrations.errors import Reconnect
from storage import tables
from storage.attempts import SealedAttempts
from storage.connections import connection, disconnect, keep_webhook_secret, webhook_address
from storage.database import Database, Tx
from storage.errors import BadKey
from storage.grants import SealedGrants
from storage.leases import Leases
from storage.meters import Reading, StoredMeter, readings
from storage.seals import Seal, new_key, rotate
from tests.conftest import HandClock
from tests.storage.amber import BUSINESS, CONNECTION, NOW

OLD, FRESH = new_key(), new_key()
GRANT = Grant("g1", "xero", "access-secret", refresh="refresh-secret", expires_at=NOW + timedelta(minutes=30))


def grants(database: Database, *keys: str) -> SealedGrants[Grant]:
    return SealedGrants(database, keys or [OLD], lambda: NOW, grant_type=Grant, missing=Reconnect)


def attempts(database: Database, clock: HandClock) -> SealedAttempts[Attempt]:
    return SealedAttempts(database, [OLD], clock.now, attempt_type=Attempt)


def attempt(state: str = "state-secret") -> Attempt:
    ends = NOW + timedelta(minutes=15)
    return Attempt(state, "verifier-secret", BUSINESS, "xero", "http://localhost/", ends, {"role": "books"})


def everything_in(database: Database, table: Table) -> str:
    with database.read() as tx:
        return str([tuple(row) for row in tx.execute(select(table))])


def test_a_lease_is_held_by_one_and_let_go(database: Database, clock: HandClock) -> None:
    leases = Leases(database, clock.now)
    with leases.hold("pull:c1", seconds=60) as mine:
        assert mine
        with leases.hold("pull:c1", seconds=60) as second, leases.hold("pull:c2", seconds=60) as other:
            assert not second
            assert other
    with leases.hold("pull:c1", seconds=60) as again:
        assert again


def test_a_lease_runs_out_and_its_old_holder_cannot_take_it_back(database: Database, clock: HandClock) -> None:
    leases = Leases(database, clock.now)
    first = leases.take("pull:c1", seconds=60)
    assert first is not None
    clock.move(seconds=59)
    assert leases.take("pull:c1", seconds=60) is None
    assert leases.extend("pull:c1", first, seconds=60)
    clock.move(seconds=60)
    second = leases.take("pull:c1", seconds=60)
    assert second is not None
    assert not leases.extend("pull:c1", first, seconds=60)
    leases.release("pull:c1", first)
    assert leases.take("pull:c1", seconds=60) is None


def test_a_lease_is_let_go_when_the_work_fails(database: Database, clock: HandClock) -> None:
    leases = Leases(database, clock.now)
    with pytest.raises(RuntimeError), leases.hold("n", seconds=60):
        raise RuntimeError
    assert leases.take("n", seconds=60) is not None


def raced(work: Callable[[], Any], threads: int = 8) -> list[Any]:
    """What `work` gives when threads start it at the same moment."""
    gate = threading.Barrier(threads)

    def run(_number: int) -> Any:
        gate.wait()
        return work()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(threads)))


def test_of_eight_threads_one_gets_the_lease(database: Database, clock: HandClock) -> None:
    leases = Leases(database, clock.now)
    for _ in range(5):
        clock.move(seconds=61)
        got = raced(lambda: leases.take("n", seconds=60))
        assert sum(one is not None for one in got) == 1


RACER = """
import sys
from datetime import UTC, datetime
from storage.database import Database
from storage.leases import Leases
leases = Leases(Database.open(sys.argv[1]), lambda: datetime(2026, 3, 10, tzinfo=UTC))
print(sum(leases.take(f"n{number}", seconds=60) is not None for number in range(25)))
"""


def test_of_two_processes_one_gets_each_lease(database: Database, url: str) -> None:
    racers = [subprocess.Popen([sys.executable, "-c", RACER, url], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert sum(int(racer.communicate(timeout=60)[0]) for racer in racers) == 25


def test_a_grant_is_kept_sealed_and_comes_back(database: Database) -> None:
    store: GrantStore = grants(database)
    store.save(GRANT)
    assert store.load("g1") == GRANT
    fresh = Grant("g1", "xero", "access-2", generation=1)
    store.save(fresh)
    assert grants(database).load("g1") == fresh
    assert "secret" not in everything_in(database, tables.grant)
    with store.lease("renew:g1", seconds=5) as mine:
        assert mine


def test_a_grant_that_is_gone_raises_what_the_caller_asked_for(database: Database) -> None:
    store = grants(database)
    with pytest.raises(Reconnect):
        store.load("g1")
    store.save(GRANT)
    assert store.expiring(NOW + timedelta(hours=1)) == ["g1"]
    assert store.expiring(NOW) == []
    store.forget("g1")
    with pytest.raises(Reconnect):
        store.load("g1")


def test_rotation_seals_everything_with_the_newest_key(database: Database, clock: HandClock) -> None:
    grants(database).save(GRANT)
    attempts(database, clock).begin(attempt())
    with database.write() as tx:
        keep_webhook_secret(tx, BUSINESS, CONNECTION, "whsec", seal=Seal([OLD]))
    assert rotate(database, [FRESH, OLD]) == 3
    assert grants(database, FRESH).load("g1") == GRANT
    with database.read() as tx:
        assert signs_with(tx, Seal([FRESH])) == "whsec"
    with pytest.raises(BadKey, match="no longer in the key file"):
        grants(database, OLD).load("g1")
    with pytest.raises(BadKey):
        rotate(database, [OLD])


def test_a_key_that_is_none_is_told() -> None:
    with pytest.raises(BadKey, match="no sealing key"):
        Seal([])
    with pytest.raises(BadKey, match="32 bytes") as caught:
        Seal(["my-secret-key"])
    assert "my-secret-key" not in str(caught.value)


def test_a_webhook_secret_is_sealed_and_goes_with_the_connection(database: Database) -> None:
    seal = Seal([OLD])
    with database.write() as tx:
        assert signs_with(tx, seal) == ""
        keep_webhook_secret(tx, BUSINESS, CONNECTION, "whsec", seal=seal)
    assert "whsec" not in everything_in(database, tables.connection)
    with database.write() as tx:
        found = connection(tx, BUSINESS, CONNECTION)
        assert found is not None
        assert found.has_webhook_secret
        disconnect(tx, BUSINESS, CONNECTION)
        assert webhook_address(tx, "xero", CONNECTION, seal=seal) is None


def signs_with(tx: Tx, seal: Seal) -> str:
    address = webhook_address(tx, "xero", CONNECTION, seal=seal)
    assert address is not None
    return address.secret


def test_an_attempt_is_taken_once(database: Database, clock: HandClock) -> None:
    store: AttemptStore = attempts(database, clock)
    store.begin(attempt())
    assert "secret" not in everything_in(database, tables.attempt)
    assert store.take("another") is None
    assert store.take("state-secret") == attempt()
    assert store.take("state-secret") is None


def test_an_attempt_raced_by_eight_is_taken_once(database: Database, clock: HandClock) -> None:
    store = attempts(database, clock)
    store.begin(attempt())
    got = raced(lambda: store.take("state-secret"))
    assert sum(one is not None for one in got) == 1


def test_old_attempts_are_dropped(database: Database, clock: HandClock) -> None:
    store = attempts(database, clock)
    store.begin(attempt("first"))
    clock.move(days=2)
    store.begin(attempt("second"))
    assert store.take("first") is None


def test_a_meter_adds_up_and_is_written_now_and_then(database: Database, clock: HandClock) -> None:
    stored = StoredMeter(database, BUSINESS, CONNECTION, clock_now=clock.now)
    meter: Meter = stored
    for _ in range(50):
        meter.count(calls=1, sent_bytes=10, received_bytes=100)
    meter.count(calls=1, sent_bytes=1, received_bytes=1)
    with database.read() as tx:
        assert readings(tx, BUSINESS, since=NOW.date()) == [Reading(CONNECTION, NOW.date(), 50, 500, 5000)]
    stored.flush()
    stored.flush()
    with database.read() as tx:
        assert readings(tx, BUSINESS, since=NOW.date()) == [Reading(CONNECTION, NOW.date(), 51, 501, 5001)]
        assert readings(tx, BUSINESS, since=NOW.date() + timedelta(days=1)) == []
