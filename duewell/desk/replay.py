"""The desk's answers about replays: one is begun, goes on in the background, and its result is kept."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import msgspec
import structlog

from collector.replay.told import Report
from duewell.replaying import Question, checked, last_days, replay
from duewell.wiring import House
from integrations.errors import Refused
from storage.settings import set_setting, setting

log = structlog.get_logger(__name__)

LOST_AFTER = timedelta(minutes=30)
KEPT = "replay"


class ReplayView(msgspec.Struct, frozen=True):
    """The last replay: who began it and when, the other policy's text if there was one, and what came of it.

    `state` is running, done or failed; a failed one has `trouble` for people.
    """

    state: str
    by: str
    at: datetime
    text: str = ""
    report: Report | None = None
    trouble: str = ""


class ReplayDesk:
    """The part of the Office that `duewell/web/office_replay.py` asks for."""

    _house: House
    _soon: ThreadPoolExecutor

    def replay(self, business: str) -> ReplayView | None:
        """The last one."""
        return last_replay(self._house, business)

    def begin_replay(self, business: str, text: str, *, by: str) -> None:
        """Begin with the last ninety days."""
        question = last_days(self._house, business, text)
        checked(self._house, business, question)
        last = last_replay(self._house, business)
        if last is not None and last.state == "running":
            raise Refused(f"A replay that {last.by} began is still running; look again in a moment.")
        begun = ReplayView("running", by, self._house.clock.now(), text)
        keep(self._house, business, begun)
        self._soon.submit(run, self._house, business, question, begun)


def run(house: House, business: str, question: Question, begun: ReplayView) -> None:
    """Replay, and keep what came of it."""
    try:
        done = msgspec.structs.replace(begun, state="done", report=replay(house, business, question))
    except Refused as error:
        done = msgspec.structs.replace(begun, state="failed", trouble=str(error))
    except Exception:
        log.exception("replay failed", business=business)
        done = msgspec.structs.replace(begun, state="failed", trouble="Something went wrong here; the log says what.")
    keep(house, business, done)


def keep(house: House, business: str, view: ReplayView) -> None:
    """The last one takes the place of the one before."""
    with house.database.write() as tx:
        set_setting(tx, business, KEPT, msgspec.json.encode(view).decode())


def last_replay(house: House, business: str) -> ReplayView | None:
    """What was kept. One that was running when the process ended is known by its age."""
    with house.database.read() as tx:
        told = setting(tx, business, KEPT)
    if not told:
        return None
    try:
        view = msgspec.json.decode(told, type=ReplayView)
    except msgspec.ValidationError:  # kept by an older version, that told other things
        return None
    if view.state == "running" and house.clock.now() - view.at > LOST_AFTER:
        return msgspec.structs.replace(view, state="failed", trouble="It was interrupted; begin again.")
    return view
