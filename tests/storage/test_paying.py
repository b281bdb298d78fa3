"""Plans, links and checkouts on both databases: begun once, found by a hash alone, and never lost."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from receivables.money import Money
from receivables.plans import Agreement, Covered, InstallmentPlan, Part, PlanState
from receivables.records import Kind, Ref
from storage import checkouts, installments, lasting_links, link_keys, links, remittances
from storage.checkouts import CheckoutState, KeptCheckout
from storage.database import Database
from storage.installments import Begun
from storage.lasting_links import KeptLink, LastingState
from storage.links import About, Aim, Link
from storage.remittances import Remittance
from storage.seals import Seal, new_key, rotate
from tests.storage.amber import BUSINESS, CONNECTION

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DEBTOR = f"{CONNECTION}/7"
ONE, OTHER = (Ref(CONNECTION, Kind.INVOICE, id) for id in "12")
AGREED = Agreement("Ada Payer", NOW, "link", "Four payments of 25.00 USD …")


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def wanted(*invoices: Ref) -> InstallmentPlan:
    parts = tuple(Part(at + 1, date(2026, 3, 1) + timedelta(days=30 * at), usd(2500)) for at in range(4))
    return InstallmentPlan("", DEBTOR, tuple(Covered(one, usd(5000), usd(0)) for one in invoices), parts)


def proposed(database: Database, *invoices: Ref) -> str:
    with database.write() as tx:
        return installments.propose(tx, BUSINESS, wanted(*invoices), by="Olive Owner", now=NOW)


def test_a_plan_is_kept_as_it_was_agreed(database: Database) -> None:
    id = proposed(database, ONE, OTHER)

    with database.write() as tx:
        assert installments.begin(tx, BUSINESS, id, AGREED, settled={ONE: usd(10), OTHER: usd(0)}) is Begun.YES

    with database.read() as tx:
        (kept,) = installments.plans(tx, BUSINESS, debtors=[DEBTOR], states=[PlanState.ACTIVE])
    assert kept.agreement == AGREED
    assert kept.parts == wanted().parts
    assert {(one.invoice, one.settled_before) for one in kept.covered} == {(ONE, usd(10)), (OTHER, usd(0))}
    assert (kept.proposed_by, kept.proposed_at, kept.forgiven, kept.total) == ("Olive Owner", NOW, None, usd(10000))


def test_an_invoice_is_in_one_active_plan_and_is_free_again_when_that_ends(database: Database) -> None:
    first, second = proposed(database, ONE), proposed(database, ONE, OTHER)
    with database.write() as tx:
        assert installments.begin(tx, BUSINESS, first, AGREED, settled={ONE: usd(0)}) is Begun.YES

    with database.write() as tx:
        taken = installments.begin(tx, BUSINESS, second, AGREED, settled={ONE: usd(0), OTHER: usd(0)})
        again = installments.begin(tx, BUSINESS, first, AGREED, settled={ONE: usd(0)})
    assert (taken, again) == (Begun.INVOICE_TAKEN, Begun.NOT_PROPOSED)

    with database.write() as tx:
        assert installments.end(tx, BUSINESS, first, PlanState.CANCELLED, by="Olive Owner", why="paid at once", now=NOW)
        assert not installments.end(tx, BUSINESS, first, PlanState.KEPT, by="", why="", now=NOW)
        begun = installments.begin(tx, BUSINESS, second, AGREED, settled={ONE: usd(0), OTHER: usd(0)})
    assert begun is Begun.YES


def test_a_broken_plan_can_be_mended_and_only_then(database: Database) -> None:
    id = proposed(database, ONE)
    with database.write() as tx:
        assert not installments.broken(tx, BUSINESS, id, now=NOW), "nobody has agreed to it yet"
        installments.begin(tx, BUSINESS, id, AGREED, settled={ONE: usd(0)})
        assert not installments.cured(tx, BUSINESS, id, now=NOW)
        assert installments.broken(tx, BUSINESS, id, now=NOW)
        assert installments.cured(tx, BUSINESS, id, now=NOW + timedelta(days=1))

    with database.read() as tx:
        kept = installments.plan(tx, BUSINESS, id)
        assert installments.plan(tx, BUSINESS, "nobody's") is None
    assert kept is not None
    assert (kept.state, kept.broken_at, kept.cured_at) == (PlanState.ACTIVE, NOW, NOW + timedelta(days=1))


def link(digest: str = "d1", **different: object) -> Link:
    made = Link(BUSINESS, "l1", Aim(DEBTOR, About.PLAN, "p1"), 1, "k1", digest, NOW, NOW + timedelta(days=90))
    return replace(made, **different)  # type: ignore[arg-type]


def test_there_is_one_link_to_each_thing_and_a_hash_finds_it(database: Database) -> None:
    with database.write() as tx:
        assert links.keep_link(tx, link())
        assert not links.keep_link(tx, link("d2", id="l2")), "somebody was quicker"

    with database.read() as tx:
        assert links.link_to(tx, BUSINESS, Aim(DEBTOR, About.PLAN, "p1")) == link()
        assert links.link_to(tx, BUSINESS, Aim(DEBTOR)) is None
        assert links.link_by_digest(tx, "d1") == link()
        assert links.link_by_digest(tx, "d2") is None


def test_a_revoked_link_is_found_by_its_new_hash_alone(database: Database) -> None:
    fresh = link("d9", generation=2, revoked_by="Olive Owner")
    with database.write() as tx:
        links.keep_link(tx, link())
        assert links.renew_link(tx, link(), fresh)
        assert not links.renew_link(tx, link(), fresh), "raised once, not twice"

    with database.read() as tx:
        assert links.link_by_digest(tx, "d1") is None
        assert links.link_by_digest(tx, "d9") == fresh


def test_tries_are_counted_within_an_hour_and_a_code_opens_once(database: Database) -> None:
    with database.write() as tx:
        links.keep_link(tx, link())
        counted = [links.count_try(tx, link(), most=3, within=HOUR, now=NOW) for _ in range(4)]
        assert counted == [True, True, True, False]
        assert not links.count_try(tx, link(), most=3, within=HOUR, now=NOW + HOUR / 2)
        assert links.count_try(tx, link(), most=3, within=HOUR, now=NOW + HOUR)
        links.keep_code(tx, link(), "c1", NOW + HOUR)
        assert not links.use_code(tx, link(), "", NOW)
        assert not links.use_code(tx, link(), "c1", NOW + 2 * HOUR)
        assert links.use_code(tx, link(), "c1", NOW + HOUR)
        assert not links.use_code(tx, link(), "c1", NOW)
        assert not links.use_code(tx, link(), "", NOW)
        assert links.links_of(tx, BUSINESS, [DEBTOR, "nobody"]) == [link()]
        assert links.links_of(tx, BUSINESS, []) == []


def test_keys_and_papers_are_kept_sealed_and_sealed_again(database: Database) -> None:
    old, fresh = new_key(), new_key()
    told = Remittance("", DEBTOR, "transfer.pdf", "application/pdf", NOW)
    with database.write() as tx:
        for id, at in (("first", NOW), ("second", NOW + HOUR), ("first", NOW)):
            link_keys.add_link_key(tx, id, Seal([old]).close(id.encode()), now=at)
        id = remittances.keep_remittance(tx, BUSINESS, told, Seal([old]).close(b"paid"))
    assert rotate(database, [fresh, old]) == 3

    with database.read() as tx:
        keys = link_keys.link_keys(tx)
        found = remittances.remittance(tx, BUSINESS, id)
        assert remittances.remittance(tx, BUSINESS, "other") is None
        listed = remittances.remittances(tx, BUSINESS, [DEBTOR])
    assert {name: Seal([fresh]).open(sealed) for name, sealed in keys.items()} == {
        "second": b"second",
        "first": b"first",
    }
    assert list(keys) == ["second", "first"], "the newest comes first"
    assert found is not None
    assert (found[0], Seal([fresh]).open(found[1])) == (replace(told, id=id), b"paid")
    assert listed == [found[0]]


def test_a_checkout_is_known_before_the_till_is_asked_and_keeps_what_was_told(database: Database) -> None:
    about = ((ONE, usd(2000)), (OTHER, usd(500)))
    made = KeptCheckout(CONNECTION, "c1", DEBTOR, usd(2500), about, NOW, NOW + timedelta(hours=1), plan="p1")
    with database.write() as tx:
        checkouts.keep_checkout(tx, BUSINESS, made)
        checkouts.note_checkout(tx, BUSINESS, "c1", CheckoutState.OPEN, now=NOW, told={"session": "cs_1"})
        checkouts.note_checkout(tx, BUSINESS, "c1", CheckoutState.PAID, now=NOW, told={"payment": "pi_1"})

    with database.read() as tx:
        (kept,) = checkouts.checkouts(tx, BUSINESS, states=checkouts.UNSETTLED, debtors=[DEBTOR], plan="p1")
        assert not checkouts.checkouts(tx, BUSINESS, states=[CheckoutState.RECORDED])
    assert kept == replace(made, state=CheckoutState.PAID, session="cs_1", payment="pi_1", looked_at=NOW)


def test_an_invoice_has_one_lasting_link_until_that_is_ended(database: Database) -> None:
    made = KeptLink(CONNECTION, "l1", DEBTOR, ONE, usd(2000), usd(5000), NOW, plan="p1")
    with database.write() as tx:
        assert lasting_links.keep_lasting(tx, BUSINESS, made)
        assert not lasting_links.keep_lasting(tx, BUSINESS, replace(made, id="l2"))
        assert lasting_links.keep_lasting(tx, BUSINESS, replace(made, id="l3", debtor="c1/8", invoice=OTHER))
        lasting_links.looked_at_lasting(tx, BUSINESS, "l1", page="plink_1", now=NOW)
        assert lasting_links.revoke_lasting(tx, BUSINESS, [DEBTOR]) == 1
        lasting_links.looked_at_lasting(tx, BUSINESS, "l1", page="plink_1", now=NOW + HOUR)
        (kept,) = lasting_links.lasting_links(tx, BUSINESS, invoices=[ONE])
        assert kept == replace(made, state=LastingState.ENDING, page="plink_1", looked_at=NOW + HOUR)
        assert lasting_links.revoke_lasting(tx, BUSINESS, [DEBTOR]) == 0

    with database.write() as tx:
        lasting_links.ended_lasting(tx, BUSINESS, "l1", now=NOW)
        assert [one.id for one in lasting_links.lasting_links(tx, BUSINESS)] == ["l3"]
        assert lasting_links.keep_lasting(tx, BUSINESS, replace(made, id="l2"))
        lasting_links.forget_lasting(tx, BUSINESS, "l2")
        assert lasting_links.lasting_links(tx, BUSINESS, invoices=[ONE]) == []
