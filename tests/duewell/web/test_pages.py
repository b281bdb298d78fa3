"""What the pages say."""

import re
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from duewell.views.plan import KindView
from duewell.web.office import Business
from integrations.errors import IntegrationError, NotThere, Reconnect, Refused, TryLater, Unsupported
from receivables.money import Money
from tests.duewell.web.conftest import proof_in
from tests.duewell.web.fixed_office import HOSTILE, FixedOffice, customer, quickbooks
from tests.duewell.web.fixed_plan import TODAY, message, old, planned_row, turn
from tests.duewell.web.test_signing_in import PAGES


def words(client: FlaskClient, path: str) -> str:
    """A page as read: without tags, in one line."""
    page = client.get(path)
    assert page.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", page.get_data(as_text=True)).split())


def test_the_overview(owner: FlaskClient) -> None:
    page = words(owner, "/")

    assert "$78,687.50" in page
    assert "$30,567.00" in page
    assert "€3,650.00" in page
    assert "10 March 2026" in page
    assert "3 to send" in page
    assert "Differs from QuickBooks for 1 balance." in page
    assert "a re-read, not a second opinion" in page
    assert "last read 10 March 2026, 10:48" in page


def test_the_bar_is_drawn_without_any_style(owner: FlaskClient) -> None:
    page = owner.get("/").get_data(as_text=True)
    widths = [int(width) for width in re.findall(r'class="age-\d" x="\d+" y="0" width="(\d+)"', page)]

    assert sum(widths) == 2000
    assert 'aria-label="Aging of EUR by days overdue: Not yet due 88 %, 31 to 60 days 12 %"' in page


@pytest.mark.parametrize("path", ["/login", *PAGES])
def test_pages_hold_no_script_and_no_inline_style(owner: FlaskClient, path: str) -> None:
    page = owner.get(path, follow_redirects=True).get_data(as_text=True)

    assert "<script" not in page
    assert " style=" not in page
    assert "<style" not in page
    assert not re.search(r"\son[a-z]+=", page)
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in page


def test_a_british_business_reads_british(owner: FlaskClient, office: FixedOffice) -> None:
    office.known = (Business("b-1", "Fenwick & Sons", "GB", "Europe/London"),)
    page = owner.get("/").get_data(as_text=True)

    assert '<html lang="en-GB">' in page
    assert "Ageing of USD" in page
    assert "US$78,687.50" in page
    assert "14:48" in page


def test_customers_can_be_searched(owner: FlaskClient, office: FixedOffice) -> None:
    page = words(owner, "/customers?q=+hollis+")

    assert ("customers", "b-1", "hollis") in office.asked
    assert "79 matches; the first 2 are shown" in page


def test_an_id_with_a_slash_finds_its_customer(owner: FlaskClient, office: FixedOffice) -> None:
    link = re.search(r'href="(/customers/xero-1/[^"]+)"', owner.get("/customers").get_data(as_text=True))
    assert link

    owner.get(link[1])

    assert office.asked[-1] == ("customer", "b-1", "xero-1", "a/b")


@pytest.mark.parametrize(
    ("platform", "word"), [("quickbooks", "customer"), ("stripe", "customer"), ("xero", "contact")]
)
def test_the_platforms_own_word_is_used(owner: FlaskClient, office: FixedOffice, platform: str, word: str) -> None:
    office.person = customer(platform=platform, owed=())
    page = words(owner, "/customers/x/1")

    assert f"A {word} in" in page
    assert f"This {word} owes nothing." in page
    assert "debtor" not in page.lower()


def test_one_customers_page(owner: FlaskClient) -> None:
    page = words(owner, "/customers/qb-1/58")

    assert "accounts@hollis.example" in page
    assert "May have been sent; being looked up" in page
    assert "Payment recorded $500.00 bank transfer" in page
    assert "Received and not yet matched to an invoice: $120.00." in page
    assert "The books differ here" in page


def test_a_stranger_among_the_customers_is_a_404(owner: FlaskClient, office: FixedOffice) -> None:
    office.person = None

    assert owner.get("/customers/qb-1/999").status_code == 404


def test_hostile_names_stay_text(owner: FlaskClient, office: FixedOffice) -> None:
    office.person = customer(name=HOSTILE, address=HOSTILE, emails=(HOSTILE,))
    rows = (planned_row("hold", HOSTILE, HOSTILE, reason=HOSTILE, facts={HOSTILE: HOSTILE}),)
    odd = message(HOSTILE, "58", odd=(HOSTILE,), to=(HOSTILE,), answered_by=HOSTILE)
    office.sheet = replace(office.sheet, messages=(odd,), rest=rows)
    office.found_kinds = (KindView(HOSTILE, HOSTILE, "", HOSTILE),)
    office.old_debts = replace(office.old_debts, turns=(turn(HOSTILE, HOSTILE, None, old(HOSTILE, 9, reason=HOSTILE)),))
    office.connected = (quickbooks(label=HOSTILE, trouble=HOSTILE, odd=((HOSTILE, HOSTILE),)),)
    office.known = (Business("b-1", HOSTILE), Business('"><script>', HOSTILE))
    for path in (*PAGES, f"/customers?q={HOSTILE}", f"/login?next=/{HOSTILE}"):
        page = owner.get(path, follow_redirects=True).get_data(as_text=True)
        assert "<script" not in page
        assert "alert(&#34;1&#34;)" in page


def test_a_tab_left_open_on_another_business_does_not_act_on_this_one(owner: FlaskClient, office: FixedOffice) -> None:
    office.known = (*office.known, Business("b-2", "Fenwick & Sons", "GB", "Europe/London"))
    form = {"proof": proof_in(owner.get("/plan")), "business": "b-1", "messages": "qb-1:58:d58"}
    owner.post("/business", data={**form, "business": "b-2"})

    assert "Fenwick" in words(owner, "/")
    owner.post("/plan", data=form)
    assert office.asked[-1] == ("answer_messages", "b-1", [("qb-1/58", "d58")], "approved", "Robin Lee")
    assert owner.post("/plan", data={**form, "business": ""}).status_code == 400
    assert owner.post("/plan", data={**form, "business": "b-9"}).status_code == 404
    assert owner.post("/business", data={**form, "business": "b-9"}).status_code == 404


def test_before_init_the_page_says_what_to_do(owner: FlaskClient, office: FixedOffice) -> None:
    office.known = ()
    answer = owner.get("/")

    assert answer.status_code == 503
    assert "duewell init" in answer.get_data(as_text=True)


def test_an_empty_business_is_asked_to_connect(owner: FlaskClient, office: FixedOffice) -> None:
    office.connected = ()

    assert "Connect a company" in words(owner, "/")
    assert "Nothing is connected yet" in words(owner, "/connections")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotThere("It was deleted in Xero."), 404),
        (Refused("Xero says no, for a reason."), 422),
        (TryLater("Xero is busy.", after=12.4), 503),
        (Reconnect("Connect Xero again."), 409),
        (Unsupported("Stripe has no such thing."), 409),
        (IntegrationError("Something else."), 502),
    ],
)
def test_the_platforms_errors_become_pages(
    owner: FlaskClient, office: FixedOffice, error: IntegrationError, status: int
) -> None:
    office.error = error
    answer = owner.get("/")

    assert answer.status_code == status
    assert str(error) in answer.get_data(as_text=True)
    assert answer.headers.get("Retry-After") == ("12" if status == 503 else None)


def test_our_own_errors_show_a_reference_and_nothing_else(
    owner: FlaskClient, office: FixedOffice, capsys: pytest.CaptureFixture[str]
) -> None:
    office.error = RuntimeError("postgres://user:secret@host")
    answer = owner.get("/")
    page = answer.get_data(as_text=True)
    reference = re.search(r"<code>([0-9A-F]{8})</code>", page)

    assert answer.status_code == 500
    assert "secret" not in page
    assert reference
    assert reference[1] in capsys.readouterr().out


def test_money_of_every_exponent_is_exact(owner: FlaskClient, office: FixedOffice) -> None:
    sums = (Money(1_234, "JPY"), Money(1_234, "KWD"), Money(-9_007_199_254_740_993, "USD"))
    office.person = customer(on_account=sums)
    page = words(owner, "/customers/qb-1/58").replace("\xa0", " ")

    assert "¥1,234" in page
    assert "KWD 1.234" in page or "KWD1.234" in page
    assert "-$90,071,992,547,409.93" in page
    assert str(TODAY) not in page.replace("2026-03-10", "", 1)
