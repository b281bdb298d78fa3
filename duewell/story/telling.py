"""The story itself, in the order a business owner would live it."""

from collections import Counter
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from collector.dispatch import Outcome
from collector.plan import Decided
from duewell.businesses import living
from duewell.clock import FollowingClock
from duewell.outcome_words import outcome_words
from duewell.progress import reading
from duewell.running import Synced, drain_inbox, make_plan, send_plan, sync_one
from duewell.say import console, table
from duewell.showing.overview import plan
from duewell.story.paying import pay_in_parts
from duewell.story.stage import Disappointed, Stage
from duewell.story.visitor import Lost, Visitor
from duewell.views.pages import PlanRow
from receivables.money import Money
from receivables.records import Invoice, Kind, Ref
from storage import books

SHOWN_MAX = 12
PAYERS_MAX = 4


def tell(stage: Stage) -> None:
    """From nothing connected to a reminder that stopped because the money came. Raises Disappointed."""
    chapter("1. Connecting three companies, the way a person would")
    connect_all(stage)
    chapter("2. Reading their books, and seeing whether they agree")
    read_all(stage)
    chapter("3. Today's plan, with a reason for every candidate")
    show_plan(stage)
    chapter("4. Sending it")
    sent = send(stage)
    chapter("5. Some customers pay")
    paid = let_pay(stage, sent)
    chapter("6. Two weeks later")
    two_weeks_later(stage, paid)
    chapter("7. Paying in parts")
    pay_in_parts(stage)


def chapter(title: str) -> None:
    """A heading."""
    console.print(f"\n[bold]{title}[/bold]")


def connect_all(stage: Stage) -> None:
    """Sign in, open the connect pages, consent at each platform."""
    visitor = Visitor()
    visitor.open(f"{stage.url}/login")
    visitor.submit(visitor.form("/login"), password=stage.password)
    for slug in stage.sandbox.twins:
        visitor.open(f"{stage.url}/connections/new/{slug}")
        if slug == "stripe":
            _with_key(visitor)
        else:
            _with_consent(visitor, stage.url)
    for one in living(stage.house, stage.business):
        console.print(f"  connected: {one.label} ({one.platform})")


def _with_consent(visitor: Visitor, home: str) -> None:
    form = visitor.form("/connections/new/")
    filled = {"own_reminders": "no"} if "own_reminders" in form.fields or _asks(visitor, "own_reminders") else {}
    if _asks(visitor, "time_zone"):
        filled["time_zone"] = "America/Los_Angeles"
    visitor.submit(form, **filled)
    if urlsplit(visitor.url).netloc != urlsplit(home).netloc:
        visitor.consent()
    if urlsplit(visitor.url).netloc != urlsplit(home).netloc:
        raise Lost("the consent page did not lead back")


def _with_key(visitor: Visitor) -> None:
    """Open the prefilled page for a restricted key, as the link on our page says, and paste what it shows."""
    here, form = visitor.url, visitor.form("/connections/new/")
    filled = {"own_reminders": "no"} if _asks(visitor, "own_reminders") else {}
    key = visitor.find_key()
    visitor.url = here
    visitor.submit(form, api_key=key, **filled)


def _asks(visitor: Visitor, name: str) -> bool:
    return f'name="{name}"' in visitor.text


def read_all(stage: Stage) -> None:
    """The first pull of every company, with a bar for each kind of record."""
    results: list[Synced] = []
    for one in living(stage.house, stage.business):
        with reading(one.label) as progress:
            results.append(sync_one(stage.house, one, progress))
    table("", ("Company", "Records>", "Open", "Do the books agree?"), [_read_row(stage, one) for one in results])
    _expect_agreement(results)


def _expect_agreement(results: list[Synced]) -> None:
    for one in results:
        if one.night is None or one.night.agreement is None or not one.night.agreement.agrees:
            raise Disappointed(f"{one.connected.label} was not read, or its books do not agree. {one.trouble}")


def _read_row(stage: Stage, one: Synced) -> tuple[str, str, str, str]:
    if one.night is None or one.night.agreement is None:
        return one.connected.label, "", "", one.trouble
    with stage.house.database.read() as tx:
        sums = books.open_sums(tx, stage.business, on=stage.house.clock.now().date(), connection=one.connected.id)
    agreement = one.night.agreement
    word = "re-read the same" if agreement.basis.re_read else f"yes, to the cent ({agreement.compared} compared)"
    open_words = ", ".join(str(each.open) for each in sums)
    return one.connected.label, str(one.night.pulled.saved.new), open_words, word if agreement.agrees else "no"


def show_plan(stage: Stage) -> None:
    """Those to be sent with their reason; the others by reason."""
    view = plan(stage.house, stage.business)
    to_send = [row for row in view.rows if row.say == "send"]
    few = to_send[:: max(1, -(-len(to_send) // SHOWN_MAX))]
    table("To send", ("Customer", "Invoice", "Open>", "Why"), [(r.customer, r.number, r.open, r.reason) for r in few])
    if len(to_send) > len(few):
        console.print(f"… and {len(to_send) - len(few)} more, each with its reason: {stage.url}/plan")
    reasons = Counter((row.say, row.rule) for row in view.rows if row.say != "send")
    examples = {(row.say, row.rule): row.reason for row in view.rows}
    others = [(say, number, examples[say, rule]) for (say, rule), number in reasons.most_common()]
    table("\nNot today", ("", "Invoices>", "For instance"), others)


def send(stage: Stage) -> list[PlanRow]:
    """Every customer's turn; the mails are in the sandbox's mailbox."""
    before = len(stage.sandbox.mailbox.mails())
    planned = {(row.connection, row.invoice_id): row for row in plan(stage.house, stage.business).rows}
    sent: list[PlanRow] = []
    states: Counter[str] = Counter()

    def told(one: Decided, outcome: Outcome) -> None:
        states[outcome.state] += 1
        if outcome.state == "sent":
            sent.extend(planned[ref.connection, ref.id] for ref in outcome.invoices)
        else:
            console.print(f"  {one.case.head.name}: {outcome_words(outcome.state, outcome.reason)}")

    send_plan(stage.house, stage.business, None, told, by="Robin")
    mails = len(stage.sandbox.mailbox.mails()) - before
    again = states["sent"] - mails
    rest = f", and {again} invoices mailed again by their platforms" if again else ""
    console.print(f"  {states['sent']} customers written to: {mails} by our own mail{rest}.")
    console.print(f"  Read them as the customers do: {stage.sandbox.addresses['control']}/mail")
    if not sent:
        raise Disappointed("nothing was sent")
    return sent


def let_pay(stage: Stage, sent: list[PlanRow]) -> list[PlanRow]:
    """A customer of each company pays; the platforms' webhooks arrive, and what they name is read again."""
    payers = _one_each(sent)
    for row in payers:
        stage.sandbox.act(row.platform, "pay", business=_seed_key(stage, row), invoice=row.invoice_id)
        console.print(f"  {row.customer} pays invoice {row.number} ({row.open}).")
    if not stage.sandbox.courier.settle(20):
        raise Disappointed("the webhooks did not arrive")
    drained = drain_inbox(stage.house)
    console.print(f"  {drained.deliveries} webhooks arrived and {drained.records} records were read again.")
    for row in payers:
        if _open(stage, row) is not None:
            raise Disappointed(f"invoice {row.number} was paid and is still open here")
    return payers


def _one_each(sent: list[PlanRow]) -> list[PlanRow]:
    first: dict[str, PlanRow] = {}
    for row in sent:
        first.setdefault(row.connection, row)
    return list(first.values())[:PAYERS_MAX]


def _seed_key(stage: Stage, row: PlanRow) -> str:
    label = next(one.label for one in living(stage.house, stage.business) if one.id == row.connection)
    return next(one.key for one in stage.sandbox.world.businesses if one.name == label)


def _open(stage: Stage, row: PlanRow) -> Money | None:
    with stage.house.database.read() as tx:
        found = books.record(tx, stage.business, Ref(row.connection, Kind.INVOICE, row.invoice_id))
    return found.open if isinstance(found, Invoice) and found.owing else None


def two_weeks_later(stage: Stage, paid: list[PlanRow]) -> None:
    """The clock moves, the books are read again, and the ones who paid are left alone."""
    stage.sandbox.move(timedelta(days=14))
    clock: Any = stage.house.clock
    if isinstance(clock, FollowingClock):
        clock.ask()
    drain_inbox(stage.house)
    results = [sync_one(stage.house, one) for one in living(stage.house, stage.business)]
    _expect_agreement(results)
    decided = make_plan(stage.house, stage.business)
    again = {(v.invoice.connection, v.invoice.id) for one in decided for v in one.decision.verdicts if v.say == "send"}
    for row in paid:
        if (row.connection, row.invoice_id) in again:
            raise Disappointed(f"invoice {row.number} is paid and would be chased again")
        console.print(f"  Invoice {row.number} of {row.customer} is paid: nobody is reminded of it.")
    console.print(f"  The books still agree. {len(again)} other invoices have earned their next reminder:")
    send(stage)
