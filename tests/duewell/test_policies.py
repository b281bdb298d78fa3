"""Which policy holds: layers in the database over the configuration, now and as it was; kept, proposed, refused."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import dedent

import pytest

from collector.policy import DEFAULT
from duewell import policies
from duewell.config import Manners, Settings
from duewell.connecting import check_answers, questions
from duewell.desk.policy import PolicyDesk, view
from duewell.examining import _policies
from duewell.ruling import layers_of
from duewell.web.questions import BadAnswer, answers_from
from duewell.wiring import House
from integrations.contract import Clock
from integrations.errors import NotThere, Refused
from receivables.page import Page
from receivables.records import Address, Company, Customer, Kind, Ref
from storage.businesses import add_business
from storage.connections import NewConnection, connect, save_company
from storage.database import Database
from storage.pages import save_page
from storage.policies import policy_versions
from tests.ready import ready

START = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
OWN = '[manners]\ngap_days = 6\n\n[[steps]]\nname = "invoice-again"\noff = true\n'
BAD = "[manners]\ngap_day = 6\nper_week = 0\n"
ANN = "c1/ann"


class HandClock:
    """Moves when it is told to."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Northwind with one customer, and a branch that is billed with her."""
    clock: Clock = HandClock()
    database = Database.open(ready(Settings(data=tmp_path)).database_url)
    ann = Customer(Ref("c1", Kind.CUSTOMER, "ann"), "Ann's Bakery", START, address=Address(country="US"))
    branch = Customer(Ref("c1", Kind.CUSTOMER, "b"), "Branch", START, parent=ann.ref, bills_with_parent=True)
    with database.write() as tx:
        add_business(tx, "Northwind", now=START, business="b1")
        connect(tx, "b1", NewConnection("quickbooks", "r1", "g1", "Northwind", id="c1"), now=START)
        save_company(tx, "b1", Company("c1", "Northwind", "USD", country="US", time_zone="America/New_York"))
        save_page(tx, "b1", "c1", Page(records=(ann, branch), cursor=None), now=START)
    found = House(Settings(data=tmp_path), database, clock, [])
    yield found
    found.close()


def keep(house: House, text: str, **more: object) -> str:
    house.clock.sleep(60)
    return policies.keep(house, "b1", text, by="Robin", **more).document  # type: ignore[arg-type]


def test_without_one_of_its_own_a_business_has_what_the_configuration_says(house: House) -> None:
    house.settings.manners = Manners(gap_days=3)
    policy = policies.policy_for(house, "b1")

    assert (policy.version, policy.gap_days, policy.steps) == ("base", 3, DEFAULT.steps)
    assert policies.in_force(house, "b1") is None


def test_its_own_lies_over_it_and_a_customers_over_that(house: House) -> None:
    keep(house, OWN, note=" Too many ")
    keep(house, "[manners]\nper_week = 1\n", debtor=ANN)

    everybody, ann = policies.policy_for(house, "b1"), policies.policy_for(house, "b1", ANN)
    assert (everybody.version, everybody.gap_days, everybody.per_week) == ("v1", 6, 2)
    assert (ann.version, ann.gap_days, ann.per_week) == ("v1+c1", 6, 1)
    assert "invoice-again" not in [step.name for step in ann.steps]
    kept = policies.in_force(house, "b1")
    assert kept is not None
    assert (kept.by, kept.note, kept.at) == ("Robin", "Too many", START + timedelta(minutes=1))
    keep(house, "", debtor=ANN)
    assert policies.policy_for(house, "b1", ANN).version == "v1"


def test_a_past_day_has_the_versions_that_held_then(house: House) -> None:
    house.ruling("b1")
    before = house.clock.now()
    keep(house, OWN)
    keep(house, "", debtor=ANN)
    then = house.clock.now()
    house.clock.sleep(60)
    house.settings.manners = Manners(gap_days=9, minimum=policies.layers(house, "b1").policy.minimum)
    house.ruling("b1")
    keep(house, "")

    def as_of(at: datetime) -> tuple[str, int]:
        policy = layers_of(house.database, house.settings, "b1", as_of=at).policy
        return policy.version, policy.gap_days

    assert as_of(before) == ("base", DEFAULT.gap_days)
    assert as_of(then) == ("v1", 6)
    assert as_of(house.clock.now()) == ("v2", 9)
    assert as_of(START - timedelta(days=1)) == ("base", 9)


def test_what_the_configuration_says_is_kept_once_and_again_when_it_changes(house: House) -> None:
    for gap in (4, 4, 5, 5, 4):
        house.settings.manners = Manners(gap_days=gap)
        house.ruling("b1")
    with house.database.read() as tx:
        assert [one.version for one in policy_versions(tx, "b1", "base")] == [3, 2, 1]
    assert policies.history(house, "b1") == []


def test_what_is_not_right_is_not_kept(house: House) -> None:
    with pytest.raises(Refused, match=r"Line 2: There is no setting “gap_day” here.*And 1 more\. Nothing was changed"):
        keep(house, BAD)
    keep(house, OWN, over=0)
    with pytest.raises(Refused, match="what version 1 says already"):
        keep(house, OWN, over=1)
    with pytest.raises(Refused, match=r"Somebody else has changed it in the meantime \(version 1, by Robin\)"):
        keep(house, "", over=0)
    assert len(policies.history(house, "b1")) == 1


def test_what_is_exported_is_the_same_policy_again(house: House) -> None:
    assert policies.exported(house, "b1").startswith("# The policy, complete.")
    segment = '[[segments]]\nname = "large"\nbalance_from = "0.50"\n[segments.manners]\ngap_days = 1\n'
    text = keep(house, OWN + segment)
    before = policies.policy_for(house, "b1")

    assert policies.exported(house, "b1") == text
    keep(house, policies.exported(house, "b1", complete=True))
    assert policies.policy_for(house, "b1") == replace(before, version="v2")


def test_a_draft_says_what_would_differ_and_keeps_nothing(house: House) -> None:
    draft = policies.drafted(house, "b1", OWN)

    assert draft.changes == (
        "“invoice-again” is left out.",
        "At least 6 whole days lie between two contacts with one customer.",
    )
    assert draft.over == 0
    assert draft.calendar is not None
    assert policies.history(house, "b1") == []
    theirs = policies.drafted(house, "b1", "[manners]\ngap_days = 6\n", ANN)
    assert theirs.changes == draft.changes[1:]
    assert policies.drafted(house, "b1", BAD).calendar is None


def test_only_who_is_billed_has_a_policy_of_their_own(house: House) -> None:
    with pytest.raises(Refused, match="billed with Ann's Bakery"):
        keep(house, "", debtor="c1/b")
    with pytest.raises(NotThere):
        keep(house, "", debtor="c1/nobody")
    assert policies.customer_named(house, "b1", "ann's bakery") == ANN
    assert policies.customer_named(house, "b1", "") == ""


def test_a_policy_that_no_longer_fits_the_configuration_is_said_and_can_be_mended(house: House) -> None:
    keep(house, '[manners]\ncloses_at = "12:00"\n')
    house.settings.manners = Manners(opens_at="13:00")

    with pytest.raises(Refused, match=r"version 1 of the policy no longer fits .* must open before it closes"):
        house.ruling("b1")
    draft = policies.drafted(house, "b1", '[manners]\ncloses_at = "16:00"\n')
    assert draft.changes == ("The present policy makes none any more.",)
    keep(house, draft.text)
    assert policies.policy_for(house, "b1").version == "v2"


def test_what_a_business_changes_must_fit_what_differs_for_its_customers(house: House) -> None:
    keep(house, '[manners]\ncloses_at = "12:00"\n', debtor=ANN)

    with pytest.raises(Refused, match="With what differs for Ann's Bakery it makes no policy"):
        keep(house, '[manners]\nopens_at = "13:00"\n')


def test_a_first_policy_is_proposed_on_the_platforms_days_until_there_is_one(house: House) -> None:
    assert policies.proposal(house, "b1") == ""
    again = NewConnection("quickbooks", "r1", "g1", "Northwind", id="c1", details={"reminder_days": "-3,14"})
    with house.database.write() as tx:
        connect(tx, "b1", again, now=START)

    text = policies.proposal(house, "b1")
    assert text.startswith("# Proposed from the days on which the platform reminds at present (-3, 14).")
    assert [step.partition(":")[0] for step in view(house, "b1").proposal] == [
        "3 days before the due date",
        "14 days after the due date",
    ]
    keep(house, text)
    assert [step.days for step in policies.policy_for(house, "b1").steps] == [-3, 14]
    assert policies.proposal(house, "b1") == ""
    assert view(house, "b1").proposal == ()


def test_the_page_about_it(house: House) -> None:
    plain = view(house, "b1")
    assert (plain.version, plain.last, plain.terms_days, plain.versions) == ("base", None, 30, ())
    keep(house, OWN, note="Too many")
    keep(house, '[[steps]]\nname = "just-due"\noff = true\n', debtor=ANN)

    told = view(house, "b1")
    assert [one.number for one in told.versions] == [1]
    assert [(one.name, one.last.number, one.changes) for one in told.customers] == [
        ("Ann's Bakery", 1, ("“just-due” is left out.",))
    ]
    assert told.today_on == START.date()


def test_what_the_desk_hands_out(house: House) -> None:
    class Desk(PolicyDesk):
        _house = house

    desk = Desk()
    assert desk.policy_text("b1", ANN, "") == ""
    assert "gap_days = 4" in desk.policy_text("b1", "", "complete")
    label = desk.keep_policy("b1", desk.draft_policy("b1", OWN, ""), by="Robin", note="")
    assert label == "v1"
    assert desk.policy_text("b1", "", "1") == desk.policy_text("b1", "", "") == OWN
    assert desk.policy_version("b1", 1, "").by == "Robin"
    assert desk.policy_customer("b1", ANN) == "Ann's Bakery"
    with pytest.raises(NotThere, match="no version 2"):
        desk.policy_text("b1", "", "2")


def test_doctor_names_a_policy_that_no_longer_fits(house: House) -> None:
    def said() -> list[tuple[str, str]]:
        return [(found.level, found.said) for found in _policies(house)]

    assert said() == []
    keep(house, '[manners]\ncloses_at = "12:00"\n')
    assert said() == [("fine", "“v1”, 6 steps")]
    house.settings.manners = Manners(opens_at="13:00")
    assert [verdict for verdict, _ in said()] == ["wrong"]


def test_the_platforms_days_are_asked_at_connect_and_kept_in_one_way() -> None:
    assert "reminder_days" in questions("xero")
    assert check_answers({"reminder_days": "7, 3 before"})["reminder_days"] == "-3,7"
    assert "reminder_days" not in check_answers({})
    with pytest.raises(Refused, match="'weekly' is no day"):
        check_answers({"reminder_days": "weekly"})
    assert answers_from({"reminder_days": "14,-3"}, {"reminder_days"}) == {"reminder_days": "-3,14"}
    with pytest.raises(BadAnswer, match=r"^'x' is no day; write the days from the due date .*: -3, 7, 14\.$"):
        answers_from({"reminder_days": "x"}, {"reminder_days"})


def test_the_policy_in_the_readme_can_be_imported(house: House) -> None:
    text = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    block = text.partition("as a file that says only what differs:\n")[2].partition("\n`duewell policy check")[0]
    draft = policies.drafted(house, "b1", dedent(block))

    assert draft.checked.good
    assert draft.checked.findings == ()
    assert len(draft.changes) == 4
