"""Who is the same, from the terminal."""

import sqlite3
from contextlib import closing

from tests.duewell.terminal import Terminal

EVIDENCE = '{"tax_number": "Both have the tax number 123456782."}'


def test_a_pair_is_listed_answered_and_taken_back(settled: Terminal) -> None:
    assert settled.done("same").out.strip() == "Nobody seems to be there twice."
    with closing(sqlite3.connect(settled.folder / "data" / "duewell.sqlite3")) as plain:
        plain.execute(
            "INSERT INTO same (business_id, kind, one, other, state, evidence, \"at\") SELECT business_id, 'debtor',"
            " connection_id || '/' || min(id), connection_id || '/' || max(id), 'proposed', ?, 0"
            " FROM customer GROUP BY business_id, connection_id",
            (EVIDENCE,),
        )
        plain.commit()

    (pair,) = settled.done("same", "list", "--json").json
    listed = settled.done("same").out
    assert pair["id"] in listed
    assert "Both have the tax number 123456782." in listed
    assert "there is no pair 'zzz'" in settled("same", "yes", "zzz").error
    told = settled.done("same", "yes", pair["id"], "--counts", "second", "--by", "Robin").out
    assert told.startswith("From now on they are one customer")
    (answered,) = settled.done("same", "list", "--answered", "--json").json
    assert (answered["state"], answered["by"], answered["master"]) == ("confirmed", "Robin", pair["sides"][1]["key"])
    assert "the same, says Robin" in settled.done("same", "list", "--answered").out
    settled.done("plan")
    settled.done("same", "undo", pair["id"], "--by", "Kim")
    assert settled.done("same", "find", "--json").json == {"new": 0, "waiting": 0}
