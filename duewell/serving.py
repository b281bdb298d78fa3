"""The running process: waitress for pages and webhooks, the scheduler for jobs, stopped in order."""

import threading
from typing import Any

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from waitress import wasyncore
from waitress.server import create_server

from duewell.config import BadSetting
from duewell.desk.desk import Desk
from duewell.jobs import schedule
from duewell.web import create_app
from duewell.wiring import House
from integrations.registry import platform, slugs

log = structlog.get_logger(__name__)


class Serving:
    """Use it as a context manager: inside, everything runs."""

    def __init__(self, house: House, *, jobs: bool) -> None:
        self._house = house
        self.desk = Desk(house, reads=jobs)
        self._server: Any = None
        self._channels: dict[int, Any] = {}
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None
        self._scheduler: BackgroundScheduler | None = None
        self._jobs = jobs

    def __enter__(self) -> "Serving":
        for slug in slugs():
            platform(slug)  # imported before anybody waits: else every one of the first deliveries waits for it
        app = create_app(self._house.settings, self.desk)
        self._server = self._listen(app)
        self._thread = threading.Thread(target=self._run, name="pages", daemon=True)
        self._thread.start()
        if self._jobs:
            self.start_jobs()
        log.info("serving", address=self._house.settings.web.base_url, jobs=self._jobs)
        return self

    def start_jobs(self) -> None:
        """Let the jobs run; all of them catch up at once."""
        self._scheduler = schedule(self._house)
        self._scheduler.start()

    def __exit__(self, *_: object) -> None:
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=True)
        self._server.task_dispatcher.shutdown(timeout=10)
        self._ending.set()
        self._server.pull_trigger()
        if self._thread is not None:
            self._thread.join(timeout=5)
        wasyncore.close_all(self._channels)
        self.desk.close()
        log.info("stopped")

    def _run(self) -> None:
        """Our own loop instead of the server's: it is left before anything it waits on is closed."""
        while not self._ending.is_set():
            wasyncore.loop(timeout=1.0, map=self._channels, count=1)

    def _listen(self, app: Any) -> Any:
        web = self._house.settings.web
        try:
            return create_server(
                app,
                map=self._channels,
                listen=web.listen,
                threads=web.threads,
                ident="",
                max_request_body_size=6 * 2**20,  # a payer's proof of payment may have five megabytes
                # nothing believes them, but the guard must see that a proxy stands in front
                clear_untrusted_proxy_headers=False,
            )
        except OSError as error:
            raise BadSetting(f"web.listen {web.listen!r} cannot be listened on: {error.strerror}") from None
        except ValueError as error:
            raise BadSetting(f"web.listen {web.listen!r} is not host:port: {error}") from None
