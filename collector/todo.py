"""Which to-dos the facts call for: the same facts always find the same keys, so that nothing is asked twice. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from collector.judgement import Verdict
from collector.occasions.offers import offered
from collector.paying.entries import RECORD, REVERSE
from receivables.case import Case
from receivables.money import Money, sum_money
from receivables.plans import InstallmentPlan
from receivables.records import CustomerKind, Invoice, Ref
from receivables.said import Asked, Reason, Said, Saying
from receivables.todo import Todo, TodoKind
from storage.actions import Action
from storage.differences import Difference

MONEY = {
    RECORD: "the payment of {}, which is not in the books",
    REVERSE: "the payment of {} that was taken back, which still stands in the books",
}
CHOOSE = "`duewell plans credit-notes`"
UNKNOWN = (CustomerKind.UNKNOWN, CustomerKind.OTHER)
UNREACHABLE = ("no_address", "bounced", "wrong_address")
BAD_ADDRESSES = (Saying.WRONG_ADDRESS, Saying.BOUNCED)
REVIEWED = (Saying.DISPUTE, Saying.RETAINED, Saying.HOLD, Saying.HARDSHIP, Saying.BREATHING_SPACE, Saying.IN_PLAN)
QUIET = ("not_yet", "never_chase", "below_minimum", "collected_automatically", "mirror")


@dataclass(frozen=True, slots=True)
class DebtorFacts:
    """One who owes, and today's verdict on each of their invoices."""

    case: Case
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class BrokenPromise:
    """A promise whose day has passed, and what came of it."""

    promise: Said
    came: Money | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything to-dos are found in, on the business's day `on`.

    `said` is what holds today; `names` are customers by debtor, for those who owe nothing any more; `calls` are the
    calls that are open as to-dos already, since their steps were taken; `offers` thanks, apologies and statements that
    wait for a person; `money` is what taken money leaves to one; `waits` why what a customer asked for has not gone, by
    the id under which it was written down; `credited` the names of the account and the tax code, by connection, under
    which credit notes are entered.
    """

    on: date
    debtors: Sequence[DebtorFacts] = ()
    said: Sequence[Said] = ()
    broken: Sequence[BrokenPromise] = ()
    differences: Sequence[Difference] = ()
    parked: Sequence[Action] = ()
    calls: Sequence[Todo] = ()
    offers: Sequence[Action] = ()
    money: Sequence[Todo] = ()
    waits: Mapping[str, str] = field(default_factory=dict)
    credited: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Look:
    """The facts, with the debtors by their key."""

    facts: Facts
    by_debtor: Mapping[str, DebtorFacts]

    def name(self, debtor: str) -> str:
        """Who it is, for people."""
        found = self.by_debtor.get(debtor)
        return found.case.head.name if found else self.facts.names.get(debtor, "a customer")

    def owed(self, debtor: str) -> Money | None:
        """The largest sum they owe in one currency."""
        found = self.by_debtor.get(debtor)
        return max(found.case.owed().values(), key=lambda money: money.amount, default=None) if found else None

    def invoice(self, debtor: str, ref: Ref | None) -> Invoice | None:
        """The invoice, while it is owed."""
        found = self.by_debtor.get(debtor)
        known = found.case.invoices if found else ()
        return next((one for one in known if one.ref == ref and one.owing), None)


def find_todos(facts: Facts) -> list[Todo]:
    """What people have to do. A key is there once; whoever keeps them lets go of those that are not found any more."""
    look = _Look(facts, {one.case.debtor: one for one in facts.debtors})
    found = [
        *_words_to_read(look),
        *_addresses(look),
        *_reviews(look),
        *_promises(look),
        *_differences(look),
        *_parked(look),
        *_by_verdict(look),
        *_kinds(look),
        *_bank(look),
        *offered(facts.offers, look.name),
        *facts.money,
        *(call for call in facts.calls if look.owed(call.debtor)),
    ]
    return list({todo.key: todo for todo in reversed(found)}.values())[::-1]


def _words_to_read(look: _Look) -> Iterator[Todo]:
    for said in look.facts.said:
        if said.kind is Saying.REPLY:
            title = f"Read what {look.name(said.debtor)} wrote"
            yield _about(look, said, TodoKind.REPLY, title, day=said.from_on)
        elif said.kind is Saying.OBJECTION:
            title = f"Answer the objection of {look.name(said.debtor)}"
            yield _about(look, said, TodoKind.REVIEW, title, day=said.from_on, key=f"objection:{said.id}")


def _addresses(look: _Look) -> Iterator[Todo]:
    """Addresses that do not work, as long as they are the ones we know and somebody is to be written to."""
    for said in look.facts.said:
        if said.kind not in BAD_ADDRESSES or not _still_known(look, said):
            continue
        name = look.name(said.debtor)
        if said.kind is Saying.BOUNCED:
            title = f"Find a working address of {name}: mail to {said.address or 'them'} came back"
            yield _about(look, said, TodoKind.BOUNCED, title, day=said.from_on)
        else:
            title = f"Find the right address of {name}: {said.address or 'the one we have'} is wrong"
            yield _about(look, said, TodoKind.WRONG_ADDRESS, title, day=said.from_on)


def _still_known(look: _Look, said: Said) -> bool:
    found = look.by_debtor.get(said.debtor)
    if found is None:
        return False
    invoices = [address for one in found.case.invoices for address in one.sent_to]
    mine = [one for one in look.facts.said if one.debtor == said.debtor]
    persons = [one.address for one in mine if one.kind is Saying.CONTACT_PERSON]
    emails = [one.address for one in found.case.head.emails]
    known = {address.casefold() for address in (*emails, *invoices, *persons)}
    return not said.address or said.address.casefold() in known or "@" not in said.address


def _reviews(look: _Look) -> Iterator[Todo]:
    for said in look.facts.said:
        if said.kind not in REVIEWED or said.review_on is None or said.review_on > look.facts.on:
            continue
        invoice = look.invoice(said.debtor, said.invoice)
        if look.owed(said.debtor) is None or (said.invoice is not None and invoice is None):
            continue
        about = f"invoice {invoice.number} of " if invoice else ""
        title = _asked(said, look.name(said.debtor), invoice) or (
            f"Look again at the {_noun(said.kind)} {'about ' + about if about else 'of '}{look.name(said.debtor)}"
        )
        amount = said.amount or (invoice.open if invoice else None)
        key = f"review:{said.id}:{said.review_on}"
        todo = _about(look, said, TodoKind.REVIEW, title, day=said.review_on, key=key, amount=amount)
        yield replace(todo, note=" ".join(filter(None, (said.note, look.facts.waits.get(said.id, "")))))


def _asked(said: Said, name: str, invoice: Invoice | None) -> str:
    """What the customer asked for themselves; empty for a hold that somebody thought of."""
    numbered = f"invoice {invoice.number}" if invoice else "their invoices"
    wishes = {
        Asked.COPY: f"Send {name} a copy of {numbered}: they ask for it",
        Asked.STATEMENT: f"Send {name} a statement of account: they ask for it",
        Asked.CALL: f"Call {name}: they ask for it",
    }
    if said.reason == Reason.ALREADY_PAID:
        return f"Look for the payment that {name} says was made for {numbered}"
    return wishes.get(Asked.of(said.reason), "") if said.kind is Saying.HOLD else ""


def _promises(look: _Look) -> Iterator[Todo]:
    for broken in look.facts.broken:
        promise, name = broken.promise, look.name(broken.promise.debtor)
        until = promise.until_on or promise.from_on
        invoice = look.invoice(promise.debtor, promise.invoice)
        what = str(promise.amount) if promise.amount else f"invoice {invoice.number}" if invoice else "payment"
        came = f"{broken.came} came" if broken.came else "nothing came"
        title = f"{name} promised {what} by {_day(until)}; {came}"
        key = f"broken_promise:{promise.id or _named(promise.invoice)}:{until}"
        day = until + timedelta(days=1)
        amount = promise.amount or (invoice.open if invoice else None)
        yield _about(look, promise, TodoKind.BROKEN_PROMISE, title, day=day, key=key, amount=amount)


def _differences(look: _Look) -> Iterator[Todo]:
    for one in look.facts.differences:
        debtor = f"{one.connection}/{one.customer_id}" if one.customer_id else ""
        who = look.name(debtor) if debtor else "these books"
        title = f"Look at the balance of {who}: it is {one.ours} here and {one.theirs} there"
        amount = Money(abs(one.remainder.minor), one.remainder.currency)
        yield Todo(
            f"difference:{one.id}:{one.ours.minor}:{one.theirs.minor}",
            TodoKind.DIFFERENCE,
            title,
            one.found_at.date() if one.found_at else look.facts.on,
            debtor,
            one.connection,
            amount=amount,
            note=one.note,
        )


def _parked(look: _Look) -> Iterator[Todo]:
    for act in look.facts.parked:
        about = act.about
        note = act.act in ("leave_note", "set_expected_date", "set_pay_link", "post_charge")
        whom = look.name(act.debtor) if act.debtor else "one of your own people"
        what = "what we wrote into the books" if note else MONEY.get(act.act, "the message to {}").format(whom)
        yield Todo(
            f"parked:{act.key}:{act.attempts}",
            TodoKind.PARKED,
            f"Say what became of {what}",
            (act.finished_at or act.planned_at).date(),
            act.debtor,
            act.connection,
            invoice=about if about is not None and about.kind == "invoice" else None,
            amount=look.owed(act.debtor),
            note=act.reason,
        )


def _by_verdict(look: _Look) -> Iterator[Todo]:
    """What today's verdicts leave to a person: the end of the steps, a first sending, nowhere to write to."""
    for one in look.facts.debtors:
        known = {invoice.ref: invoice for invoice in one.case.invoices}
        name = one.case.head.name
        for verdict in one.verdicts:
            invoice = known[verdict.invoice]
            if verdict.rule == "last_step_done":
                title = f"Decide what follows for invoice {invoice.number} of {name}: the last step was taken"
                yield _of_invoice(look, one, invoice, kind=TodoKind.LAST_STEP, title=title)
            elif verdict.rule == "never_sent":
                title = f"Send invoice {invoice.number} to {name} for the first time, or say how it was sent"
                yield _of_invoice(look, one, invoice, kind=TodoKind.NEVER_SENT, title=title)
        yield from _nowhere(look, one)
        yield from _credit_notes(look, one)


def _credit_notes(look: _Look, one: DebtorFacts) -> Iterator[Todo]:
    """What was forgiven by a settlement that has been paid: the books show it as owed until somebody enters it."""
    waiting = {verdict.invoice for verdict in one.verdicts if verdict.rule == "settled_for_less"}
    for plan in (progress.plan for progress in one.case.plans):
        mine = [each for each in one.case.invoices if each.ref in waiting and plan.covers(each.ref)]
        if mine and plan.forgiven is not None:
            yield _credit_note(look, one, plan, mine)


def _credit_note(look: _Look, one: DebtorFacts, plan: InstallmentPlan, mine: Sequence[Invoice]) -> Todo:
    left = sum_money((each.open for each in mine), mine[0].open.currency)
    title = f"Enter a credit note of {left} for {one.case.head.name}: the settlement was paid"
    dated = plan.ended_at.date() if plan.ended_at else look.facts.on
    lines = [
        f"Credit note to {one.case.head.name}, dated {_day(dated)}:",
        *(line for each in mine for line in _credited(look, each, plan)),
        "It is done when nothing is open any more.",
    ]
    note = "\n".join(lines)
    key, ref = f"{TodoKind.CREDIT_NOTE}:{plan.id}", mine[0].ref
    day, amount = look.facts.on, left
    return Todo(key, TodoKind.CREDIT_NOTE, title, day, one.case.debtor, ref.connection, ref, amount, note=note)


def _credited(look: _Look, invoice: Invoice, plan: InstallmentPlan) -> Iterator[str]:
    """One line of the credit note, as it is to be typed over."""
    account, tax = look.facts.credited.get(invoice.ref.connection, ("", ""))
    agreed = f" of {_day(plan.agreement.at.date())}" if plan.agreement else ""
    yield f"{invoice.open}, tax included, on invoice {invoice.number}"
    if tax:
        yield "; ".join(filter(None, (f"Account: {account}" if account else "", f"Tax code: {tax}")))
    else:
        yield f"Account and tax code: not chosen yet; choose them once on the page Paying in parts, or with {CHOOSE}"
    yield f"Text: Settlement{agreed}, the rest of invoice {invoice.number} is given up"


def _nowhere(look: _Look, one: DebtorFacts) -> Iterator[Todo]:
    verdict = next((verdict for verdict in one.verdicts if verdict.rule in UNREACHABLE), None)
    told = any(said.debtor == one.case.debtor and said.kind in BAD_ADDRESSES for said in look.facts.said)
    if verdict is None or told:
        return
    kind = TodoKind.NO_ADDRESS if verdict.rule == "no_address" else TodoKind.BOUNCED
    title = f"Find an address of {one.case.head.name}"
    key, debtor = f"{kind}:{one.case.debtor}", one.case.debtor
    yield Todo(key, kind, title, look.facts.on, debtor, amount=look.owed(debtor), note=verdict.reason)


def _kinds(look: _Look) -> Iterator[Todo]:
    """One for the whole business and month: a list to go through, not a to-do for every customer."""
    confirmed = {said.debtor for said in look.facts.said if said.kind is Saying.KIND}
    unknown = [
        one
        for one in look.facts.debtors
        if one.case.head.kind in UNKNOWN
        and one.case.debtor not in confirmed
        and any(verdict.rule not in QUIET for verdict in one.verdicts)
    ]
    if unknown:
        number = "a customer" if len(unknown) == 1 else f"{len(unknown)} customers"
        title = f"Say of {number} whether they are businesses or private persons"
        note = "Until it is known, the stricter rules hold for them."
        yield Todo(f"kind:{look.facts.on:%Y-%m}", TodoKind.KIND, title, look.facts.on, note=note)


def _bank(look: _Look) -> Iterator[Todo]:
    for one in look.facts.debtors:
        for verdict in one.verdicts:
            if verdict.rule == "receipts_quiet":
                last = verdict.facts.get("last_receipt_on", "")
                title = "Say up to which day the bank is entered"
                yield Todo(f"bank:{last}", TodoKind.BANK, title, look.facts.on, note=verdict.reason)
                return


def _of_invoice(look: _Look, one: DebtorFacts, invoice: Invoice, *, kind: TodoKind, title: str) -> Todo:
    key = f"{kind}:{_named(invoice.ref)}"
    return Todo(key, kind, title, look.facts.on, one.case.debtor, invoice=invoice.ref, amount=invoice.open)


def _about(
    look: _Look, said: Said, kind: TodoKind, title: str, *, day: date, key: str = "", amount: Money | None = None
) -> Todo:
    return Todo(
        key or f"{kind}:{said.id}",
        kind,
        title,
        day,
        said.debtor,
        said.invoice.connection if said.invoice else said.debtor.partition("/")[0],
        said.invoice,
        amount or look.owed(said.debtor),
        assigned_to=said.assigned_to,
        note=said.note,
        by=said.by,
    )


def _noun(kind: Saying) -> str:
    return {Saying.RETAINED: "retained sum", Saying.IN_PLAN: "plan"}.get(kind, kind.value.replace("_", " "))


def _named(invoice: Ref | None) -> str:
    return f"{invoice.connection}/{invoice.id}" if invoice else ""


def _day(day: date) -> str:
    return f"{day:%-d %B %Y}"
