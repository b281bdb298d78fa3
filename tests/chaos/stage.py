"""Where workers are killed: a sandbox that counts what really arrives, and errands of every act that leaves."""

import json
import re
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import text
from werkzeug.wrappers import Request, Response

from collector.approving import approve
from collector.channels.twilio import mark
from collector.debtors.case_book import MESSAGES
from collector.debtors.cases import debtor_key
from collector.debtors.kin import together
from collector.judgement import Message
from duewell.businesses import living, the_business
from duewell.config import Settings, StepSetting
from duewell.config_ways import Letters, Sms
from duewell.policies import keep
from duewell.running import make_plan, parked_messages
from duewell.ways import letters
from receivables.said import Said, Saying
from sandbox.faults import WATCHERS
from sandbox.server import Sandbox, Setup
from storage import actions, books
from storage.actions import Action
from storage.approvals import answer
from storage.said import say
from storage.todos import todo_by_key
from tests.chaos.acts import ACTS, GROUP, Act
from tests.chaos.errands import Errand
from tests.chaos.lasting import unknown_links
from tests.chaos.occasions import other_errands
from tests.chaos.pages import unknown_there
from tests.scenarios.playing import settle_in

GROUP_SIZE = 3
SHARES = {"mail": 3, "stripe mail": 2, "letter": 1.5, "xero note": 1.5, GROUP: GROUP_SIZE}
OTHERS_LEAST = 2
FINALIZED = re.compile(r"/v1/invoices/(\w+)/finalize")
RULES = """[manners]
daily_cap = 5000
opens_at = "07:00"
closes_at = "20:30"
"""
REMINDERS = sorted(
    (act for act in ACTS.values() if act.channel), key=lambda act: (act.channel == "mail", not act.platform)
)


class Stage:
    """Use it as a context manager. `errands` are, by act, what was approved or is called for today: only of some acts
    where those are named, and about `most` of each."""

    def __init__(
        self,
        seed: int,
        folder: Path,
        *,
        database: str = "",
        customers: int = 60,
        invoices: int = 170,
        only: Collection[str] = (),
        most: int = sys.maxsize,
    ):
        self._folder = folder
        self._only, self._most = only or ACTS.keys(), most
        self._drafts: dict[str, str] = {}
        self._planned: dict[str, dict[str, Message]] = {}
        self._written: list[tuple[str, str]] = []
        self.sandbox = Sandbox(Setup(seed=seed, customers=customers, invoices=invoices))
        self.sandbox.start()
        try:
            self.play = settle_in(self.sandbox, folder / "house", database=database)
            keep(self.play.house, self.play.business, RULES, by="Robin")
            self.play.sync()
            self.play.move(quiet=True, hours=2)
            self._platforms = {one.id: one.platform for one in living(self.play.house, self.play.business)}
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

    def acts(self, errand: Errand) -> list[Action]:
        """What the tables hold of it; of a reminder, whatever was said to its debtor."""
        kept = ACTS[errand.act].kept
        with self.play.house.database.read() as tx:
            if kept is not None:
                return kept(tx, errand)
            if errand.key:
                known = actions.action(tx, errand.business, errand.key)
                return [known] if known else []
            found = actions.actions(tx, errand.business, debtor=errand.debtor)
        return [one for one in found if one.act in MESSAGES]

    def listed(self) -> Collection[str]:
        """The keys that wait for a person."""
        return {one.key for one in parked_messages(self.play.house, self.play.business)}

    def arrived(self, errand: Errand, key: str) -> int:
        """How often the outside really got it."""
        act = ACTS[errand.act]
        if act.there is not None:
            with self.play.house.database.read() as tx:
                return act.there(self.sandbox, tx, errand)
        if act.platform:
            wanted = act.asked(errand, key)
            return sum(slug == act.platform and wanted.match(asked) is not None for slug, asked in self._written)
        return self._outside(act.channel or "mail", key)

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
        """Every write that was answered well, even if the platform knew it again."""
        if request.method != "GET" and response.status_code < 300:
            told = request.get_data(as_text=True) + self._finalized(platform, request, response)
            self._written.append((platform, f"{request.method} {request.path} {told}"))

    def _finalized(self, platform: str, request: Request, response: Response) -> str:
        """With what a draft of Stripe's was made that becomes a debt now."""
        if (platform, request.path) == ("stripe", "/v1/invoices"):
            self._drafts[json.loads(response.get_data())["id"]] = request.get_data(as_text=True)
        found = FINALIZED.fullmatch(request.path)
        return self._drafts.get(found.group(1), "") if found else ""

    def unknown_pages(self) -> Collection[str]:
        """Pages and links by which a customer could pay, and nobody here knows."""
        with self.play.house.database.read() as tx:
            business = self.play.business
            return [*unknown_there(self.sandbox, tx, business), *unknown_links(self.sandbox, tx, business)]

    def notes_twice(self) -> list[str]:
        """Our keys that one platform was given more than once with a note."""
        found = [key for _, asked in self._written for key in re.findall(r"\[dw (\w+)\]", asked)]
        return [key for key, times in Counter(found).items() if times > 1]

    def whole(self) -> bool:
        """Does SQLite find its file in order? PostgreSQL is not asked: only a client of it died."""
        if not self.sqlite:
            return True
        with self.play.house.database.read() as tx:
            return tx.execute(text("PRAGMA integrity_check")).scalars().all() == ["ok"]

    def _deal(self) -> dict[str, list[Errand]]:
        """Every debtor who is due gets one reminder; everything else is for others. What is scarce is dealt first."""
        due = self._due(REMINDERS[0])
        self._consent(due)
        wanted = [act for act in REMINDERS if act.name in self._only]
        share = min(int(len(due) / sum(SHARES.get(act.name, 1) for act in wanted)), self._most)
        busy, left, dealt = set(due), set(due), dict[str, list[Errand]]()
        for act in wanted:
            fitting = [one for debtor, one in self._due(act).items() if debtor in left and self._fits(act, one)]
            taken = fitting[: int(share * SHARES.get(act.name, 1))]
            left -= {one.debtor for one in taken}
            dealt[act.name] = self._approved(act, taken)
        dealt[GROUP] = _grouped(dealt.get(GROUP, []))
        share = max(share, OTHERS_LEAST)
        numbers = {name: int(share * SHARES.get(name, 1)) for name in self._only}
        kin = self._with_kin(busy)
        reminded = {one for one, head in kin.items() if head in busy - left}
        return dealt | other_errands(self.play, self._errand, kin.keys(), numbers, reminded=reminded)

    def _with_kin(self, debtors: Collection[str]) -> dict[str, str]:
        """These and whose invoices their messages are about as well, each with who is written to."""
        heads: dict[str, str] = {}
        with self.play.house.database.read() as tx:
            for connected in living(self.play.house, self.play.business):
                families = together(tx, connected).families
                for one in books.customers(tx, self.play.business, connected.id):
                    heads[debtor_key(one.ref)] = debtor_key(families.head(one.ref))
        return {one: head for one, head in heads.items() if head in debtors}

    def _due(self, act: Act) -> dict[str, Message]:
        """Today's messages by debtor, if all went by this act's channel."""
        self.play.house.settings = self._settings(act)
        if act.channel not in self._planned:
            decided = make_plan(self.play.house, self.play.business)
            found = [one.decision.candidate for one in decided if one.decision.candidate is not None]
            self._planned[act.channel] = {one.debtor: one for one in sorted(found, key=self._order)}
        return self._planned[act.channel]

    def _order(self, message: Message) -> bytes:
        """The connections' own ids are dice. What goes by any platform is to leave some of each for the rest."""
        return blake2b(message.debtor.partition("/")[2].encode()).digest()

    def _fits(self, act: Act, message: Message) -> bool:
        platform = self._platforms[message.debtor.partition("/")[0]]
        return message.channel.value == act.channel and act.platform in ("", platform)

    def _consent(self, debtors: Iterable[str]) -> None:
        """To texts, which the rules want before a machine sends any."""
        now, business = self.play.house.clock.now(), self.play.business
        with self.play.house.database.write() as tx:
            for debtor in debtors:
                say(tx, business, Said(debtor, Saying.CONSENT, now.date(), channel="sms", by="Robin"), now=now)

    def _approved(self, act: Act, messages: Sequence[Message]) -> list[Errand]:
        """What a person let go this way."""
        play, now = self.play, self.play.house.clock.now()
        with play.house.database.write() as tx:
            answer(tx, play.business, [approve(one, by="Robin", at=now) for one in messages])
        return [self._errand(act.name, one.debtor.partition("/")[0], one.debtor, _ids(one)) for one in messages]

    def _errand(
        self,
        act: str,
        connection: str,
        debtor: str,
        invoices: tuple[str, ...] = (),
        *,
        task: object = None,
        key: str = "",
    ) -> Errand:
        house = self.play.house
        log, ahead = self._folder / "workers.log", house.clock.now() - datetime.now(UTC)
        return Errand(
            house.settings, self.play.business, connection, act, ahead, log, debtor, invoices, key=key, task=task
        )

    def _settings(self, act: Act) -> Settings:
        """Every way out is set up; the one step goes by the channel."""
        told = self.sandbox.texting.credentials()
        sms = Sms(
            account_sid=told["account_sid"],
            auth_token=SecretStr(told["auth_token"]),
            sender=told["sender"],
            addresses={"api": self.sandbox.addresses["twilio"]},
        )
        step = StepSetting(name="only-step", days=1, letter=act.letter, channel=act.channel)  # type: ignore[arg-type]
        ways = {"sms": sms, "letters": Letters(sender_lines=["Northwind", "1 Quay"], country="US"), "steps": [step]}
        return self.play.house.settings.model_copy(update=ways | {"log_level": "info", "log_format": "json"})


def _ids(message: Message) -> tuple[str, ...]:
    return tuple(invoice.ref.id for invoice, _ in message.invoices)


def _grouped(errands: Sequence[Errand]) -> list[Errand]:
    """Each with those who go beside it."""
    groups = (errands[at - GROUP_SIZE : at] for at in range(GROUP_SIZE, len(errands) + 1, GROUP_SIZE))
    return [replace(first, beside=tuple(others)) for first, *others in groups]
