"""Of a process on this machine it is known whether it is still there; of any other it is not."""

import subprocess
import sys

import pytest

from duewell.workers import PLACE, PROCESS, WORKER, is_gone


@pytest.mark.parametrize(
    ("worker", "gone"),
    [
        (WORKER, False),
        (f"{WORKER}, for Robin", False),
        (f"{PLACE}:{PROCESS}:000000", True),
        (f"{PLACE}:1:000000", False),
        (f"{PLACE}:4999999:000000, for Robin: at night", True),
        ("elsewhere/1:4999999:000000", False),
        (f"{PLACE}:0:000000", False),
        ("w", False),
        ("", False),
    ],
    ids=range(9),
)
def test_only_who_was_here_and_is_no_more_is_gone(worker: str, gone: bool) -> None:
    assert is_gone(worker) is gone


def test_a_process_that_has_ended_is_gone() -> None:
    ended = subprocess.Popen([sys.executable, "-S", "-c", ""])
    named = f"{PLACE}:{ended.pid}:abcdef"
    assert not is_gone(named)
    ended.wait()
    assert is_gone(named)
