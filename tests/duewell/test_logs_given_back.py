"""The tests of one process are no trouble to each other: what one does to the logging, the next does not see."""

import logging

import pytest
import structlog

from duewell.config import Settings
from duewell.logs import configure


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_begins_with_the_logging_of_a_fresh_process(turn: int) -> None:
    assert not structlog.is_configured()
    assert not [one for one in logging.getLogger().handlers if type(one).__module__ == "duewell.logs"]
    configure(Settings(log_level="debug"))
