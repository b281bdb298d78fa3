"""Where dispatches are killed: a sandbox that counts what really arrives, and debtors who are due on each channel."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import text
from werkzeug.wrappers import Request, Response

from collector.channels.twilio import mark
from collector.debtors.case_book import MESSAGES
from collector.judgement import Message
from duewell.config import Settings, StepSetting
from duewell.config_ways import Letters, Sms
from duewell.running import answer_plan, make_plan, parked_messages, the_business
from duewell.ways import letters
from receivables.said import Said, Saying
from sandbox.faults import WATCHERS
from sandbox.server import Sandbox, Setup
from storage import actions
from storage.actions import Action
from storage.said import say
from storage.todos import todo_by_key
from tests.chaos.errands import Errand
from tests.scenarios.playing import settle_in

CHANNELS = {
    "platform": "second_reminder",
    "mail": "first_reminder",
    "sms": "sms_reminder",
    "letter": "letter_reminder",
    "call": "call_script",
}
COMPANY = "cedar"


class Stage:
    """Use it as a context manager. `errands` are the approved messages of today by channel."""

    def __init__(self, seed: int, folder: Path, *, database: str = "", customers: int = 320, invoices: int = 900):
        self._folder = folder
        self._mailed: Counter[str] = Counter()
        self.sandbox = Sandbox(Setup(seed=seed, platforms=("quickbooks",), customers=customers, invoices=invoices))
        self.sandbox.start()
        try:
            self.play = settle_in(self.sandbox, folder / "house", database=database)
            self.play.sync()
            self.play.move(quiet=True, hours=3)
            self.errands = self._deal()
        except BaseException:
            self.sandbox.stop()
            raise
        WATCHERS.append(self._watch)

    def __enter__(self) -> "Stage":
        return self

    def __exit__(self, *_: object) -> None:
        WATCHERS.remove(self._watch)
        self.play.house.close()
        self.sandbox.stop()

    @property
    def sqlite(self) -> bool:
        """Is it a file?"""
        return self.play.house.database.sqlite

    def let_go(self) -> None:
        """Nobody here holds the database while a worker dies: whoever comes next finds it as it was left."""
        self.play.house.database.close()

    def acts(self, debtor: str) -> list[Action]:
        """The messages to a debtor as the tables hold them."""
        with self.play.house.database.read() as tx:
            found = actions.actions(tx, self.play.business, debtor=debtor)
        return [one for one in found if one.act in MESSAGES]

    def listed(self) -> Collection[str]:
        """The keys that wait for a person."""
        return {one.key for one in parked_messages(self.play.house, self.play.business)}

    def arrived(self, errand: Errand, key: str) -> int:
        """How many messages of this errand the outside really got."""
        if errand.channel == "platform":
            return sum(self._mailed[id] for id in errand.invoices)
        return self._outside(errand.channel, key)

    def _outside(self, channel: str, key: str) -> int:
        if channel == "mail":
            names = [str(one.message["Message-ID"]) for one in self.sandbox.mailbox.mails()]
            return sum(name.startswith(f"<{key}@") for name in names)
        if channel == "sms":
            return sum(one.body.endswith(mark(key)) for one in self.sandbox.texting.texts())
        if channel == "letter":
            return self._tray().count(f"{key}.pdf")
        with self.play.house.database.read() as tx:
            return int(todo_by_key(tx, self.play.business, f"call:{key}") is not None)

    def _tray(self) -> list[str]:
        play = self.play
        return [one.name for one in letters(play.house, the_business(play.house, play.business)).tray.rglob("*.pdf")]

    def litter(self) -> list[str]:
        """Half letters that nobody comes back to."""
        play = self.play
        folder = letters(play.house, the_business(play.house, play.business)).tray
        names = {one.name for one in folder.rglob("*")}
        return [name for name in names if name.startswith(".") or f"{name.partition('.')[0]}.pdf" not in names]

    def _watch(self, platform: str, request: Request, response: Response) -> None:
        """By invoice, how often QuickBooks was asked to mail it and did, even if it knew the request again."""
        asked = re.search(r"/invoice/([^/]+)/send$", request.path)
        if asked and platform == "quickbooks" and response.status_code == 200:
            self._mailed[asked.group(1)] += 1

    def notes(self) -> Counter[str]:
        """Our keys in the notes that QuickBooks holds."""
        found = [note.partition("[dw ")[2].rstrip("]") for _, note in self.play.truth(COMPANY)["notes"].values()]
        return Counter(key for key in found if key)

    def whole(self) -> bool:
        """Does SQLite find its file in order? PostgreSQL is not asked: only a client of it died."""
        if not self.sqlite:
            return True
        with self.play.house.database.read() as tx:
            return tx.execute(text("PRAGMA integrity_check")).scalars().all() == ["ok"]

    def _deal(self) -> dict[str, list[Errand]]:
        """Every debtor who is due goes to one channel; the platform mails one invoice only, so it comes first."""
        decided = make_plan(self.play.house, self.play.business)
        due = [one.decision.candidate for one in decided if one.decision.candidate is not None]
        due.sort(key=lambda message: (len(message.lines), message.debtor))
        share = -(-len(due) // len(CHANNELS))
        self._consent(message.debtor for message in due)
        return {
            channel: self._approved(channel, due[number * share : (number + 1) * share])
            for number, channel in enumerate(CHANNELS)
        }

    def _consent(self, debtors: Iterable[str]) -> None:
        """To texts, which the rules want before a machine sends any."""
        now, business = self.play.house.clock.now(), self.play.business
        with self.play.house.database.write() as tx:
            for debtor in debtors:
                say(tx, business, Said(debtor, Saying.CONSENT, now.date(), channel="sms", by="Robin"), now=now)

    def _approved(self, channel: str, messages: Sequence[Message]) -> list[Errand]:
        """What a person let go this way."""
        play = self.play
        play.house.settings = self._settings(channel)
        about = {(invoice.ref.connection, invoice.ref.id) for one in messages for invoice, _ in one.invoices}
        chosen = [one.decision.candidate for one in answer_plan(play.house, play.business, about, by="Robin")]
        return [self._errand(one) for one in chosen if one is not None and one.channel.value == channel]

    def _errand(self, message: Message) -> Errand:
        play = self.play
        ids = tuple(invoice.ref.id for invoice, _ in message.invoices)
        log = self._folder / "workers.log"
        ahead = play.house.clock.now() - datetime.now(UTC)
        return Errand(play.house.settings, play.business, message.debtor, message.channel.value, ids, ahead, log)

    def _settings(self, channel: str) -> Settings:
        """Every way out is set up; the one step goes by the channel."""
        told = self.sandbox.texting.credentials()
        sms = Sms(
            account_sid=told["account_sid"],
            auth_token=SecretStr(told["auth_token"]),
            sender=told["sender"],
            addresses={"api": self.sandbox.addresses["twilio"]},
        )
        step = StepSetting(name="only-step", days=1, letter=CHANNELS[channel], channel=channel)  # type: ignore[arg-type]
        ways = {"sms": sms, "letters": Letters(sender_lines=["Northwind", "1 Quay"], country="US"), "steps": [step]}
        return self.play.house.settings.model_copy(update=ways | {"log_level": "info", "log_format": "json"})
