"""What the stories share: an installation beside a sandbox, connected the way a person would, and its truth."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from duewell.businesses import living
from duewell.clock import FollowingClock
from duewell.connecting import begin_connect, connect_with_key, finish_connect
from duewell.owning import begin_business
from duewell.running import Synced, sync_one
from duewell.story.stage import settings_for
from duewell.story.visitor import Visitor
from duewell.wiring import House, build
from receivables.records import Invoice
from sandbox.server import Sandbox
from storage import books
from storage.connections import Connected
from tests.ready import ready

ANSWERS = {"own_reminders": "no", "time_zone": "America/Los_Angeles", "role": "both"}


@dataclass
class Play:
    """One installation and the platforms it talks to."""

    sandbox: Sandbox
    house: House
    business: str

    def connected(self, key: str) -> Connected:
        """The connection to the sandbox's business `key`."""
        name = next(one.name for one in self.sandbox.world.businesses if one.key == key)
        return next(one for one in living(self.house, self.business) if one.label == name)

    def connected_keys(self) -> list[str]:
        """The sandbox's businesses that are connected."""
        labels = {one.label for one in living(self.house, self.business)}
        return [one.key for one in self.sandbox.world.businesses if one.name in labels]

    def move(self, *, quiet: bool = False, **by: float) -> None:
        """Let time pass, on both sides. Deliveries wait meanwhile: to a clock left behind they are signed too late."""
        courier = self.sandbox.courier
        before, courier.paused = courier.paused, True
        self.sandbox.move(timedelta(**by), quiet=quiet)
        assert isinstance(self.house.clock, FollowingClock)
        self.house.clock.ask()
        courier.paused = before
        courier.knock()

    def sync(self, *keys: str) -> dict[str, Synced]:
        """A night for these businesses, or for all."""
        return {key: sync_one(self.house, self.connected(key)) for key in keys or self.connected_keys()}

    def invoices(self, key: str) -> dict[str, Invoice]:
        """Our invoices of one business, by id."""
        with self.house.database.read() as tx:
            return {one.ref.id: one for one in books.invoices(tx, self.business, self.connected(key).id)}

    def truth(self, key: str) -> dict[str, Any]:
        """The platform's own ledger."""
        platform = next(one.platform for one in self.sandbox.world.businesses if one.key == key)
        return self.sandbox.twins[platform].truth(key)

    def act(self, name: str, key: str, **said: Any) -> Any:
        """Something happens at the platform of the business `key`."""
        platform = next(one.platform for one in self.sandbox.world.businesses if one.key == key)
        return self.sandbox.act(platform, name, business=key, **said)

    def calls(self, platform: str) -> dict[str, int]:
        """The calls since the last reset, by route."""
        counted: dict[str, int] = self.sandbox.book.counts()["calls"].get(platform, {})
        return counted

    def expect_truth(self) -> None:
        """Every invoice here stands exactly as it does there, and nothing is missing or left over."""
        for key in self.connected_keys():
            theirs = {
                id: (told["number"], told["currency"], told["total"], told["open"])
                for id, told in self.truth(key)["invoices"].items()
            }
            ours = {
                id: (one.number, one.total.currency, one.total.minor, one.open.minor)
                for id, one in self.invoices(key).items()
            }
            assert ours == theirs, key
            assert all(one.balances() for one in self.invoices(key).values())


def settle_in(sandbox: Sandbox, folder: Path, *, database: str = "", connect: bool = True) -> Play:
    """A fresh installation, connected to every company of the sandbox."""
    settings = settings_for(sandbox, folder).model_copy(update={"database": database})
    house = build(ready(settings))
    play = Play(sandbox, house, begin_business(house, "The business", sender_name="Robin"))
    if connect:
        for slug in sandbox.twins:
            connect_platform(play, slug)
    return play


def connect_platform(play: Play, slug: str) -> tuple[str, ...]:
    """Through the consent page and its form, or with a key made on the dashboard page."""
    house, business = play.house, play.business
    if slug == "stripe":
        key = play.sandbox.twins[slug].credentials()["businesses"]["northwind"]["api_key"]
        return connect_with_key(house, business, slug, fields={"api_key": key}, answers=ANSWERS)
    visitor = Visitor(until=house.settings.web.base_url)
    visitor.open(begin_connect(house, business, slug, ANSWERS))
    visitor.consent()
    return finish_connect(house, slug, dict(parse_qsl(urlsplit(visitor.url).query)))
