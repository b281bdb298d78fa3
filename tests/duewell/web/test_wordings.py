"""The pages about what customers read."""

import re

from flask.testing import FlaskClient

from duewell.access import Role
from tests.duewell.web.conftest import Post, app_over, sign_in
from tests.duewell.web.fixed_office import FixedOffice

FIRST = "/wordings/first_reminder/en"


def done(office: FixedOffice, what: str) -> list[tuple[object, ...]]:
    return [one for one in office.asked if one[0] == what]


def test_the_ladder_says_whose_words_they_are(owner: FlaskClient) -> None:
    page = owner.get("/wordings").get_data(as_text=True)

    assert page.index("Before the due date") < page.index("First reminder") < page.index("Last reminder")
    assert "Yours, version 3" in page
    assert page.count("As shipped") == 17


def test_a_wording_is_saved_under_the_persons_name(post: Post, office: FixedOffice) -> None:
    answer = post(FIRST, text="Invoice {{ numbers }}\n\n{{ totals }} is open.")

    assert answer.status_code == 303
    assert done(office, "save_wording")[0][-1] == "Robin Lee"


def test_what_is_refused_keeps_the_text_and_says_why(post: Post, office: FixedOffice) -> None:
    answer = post(FIRST, text="Invoice {{ invoice_number }}\n\nMy own <b>words</b>.")
    page = answer.get_data(as_text=True)

    assert answer.status_code == 422
    assert "Line 1: invoice_number is not known; known are: company" in page
    assert "My own &lt;b&gt;words&lt;/b&gt;." in page
    assert not done(office, "save_wording")


def test_a_preview_stands_alone_on_a_page_that_may_do_nothing(owner: FlaskClient, post: Post) -> None:
    saved, tried = owner.get(f"{FIRST}/preview"), post(f"{FIRST}/preview", text="Hi {{ name }}\n\n<script>x</script>")

    for page in (saved, tried):
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'; style-src 'unsafe-inline'; sandbox;" in policy
        assert "frame-ancestors 'self'" in policy
    assert "<script>" not in tried.get_data(as_text=True)
    assert "frame-src 'self'" in owner.get(FIRST).headers["Content-Security-Policy"]
    assert "frame-src" not in owner.get("/wordings").headers["Content-Security-Policy"]


def test_a_preview_as_text_and_one_that_cannot_be_shown(post: Post) -> None:
    text = post(f"{FIRST}/preview", text="Hi\n\n{{ totals }}", **{"as": "text"}).get_data(as_text=True)
    wrong = post(f"{FIRST}/preview", text="{{ nobody }}\n\nx")

    assert "<table" not in text
    assert wrong.status_code == 422
    assert "nobody is not known" in wrong.get_data(as_text=True)


def test_a_test_goes_to_whoever_asks(post: Post, office: FixedOffice) -> None:
    page = post(f"{FIRST}/test", text="Hi\n\nThere.", customer="Hollis").get_data(as_text=True)

    *_, customer, to = done(office, "test_wording")[0]
    assert customer == "Hollis"
    assert to == ("Robin Lee", "robin@juniper.example")
    assert "A test is on its way to" in page


def test_back_to_an_older_version(post: Post, office: FixedOffice) -> None:
    assert post(f"{FIRST}/back", version="1").status_code == 303
    assert post(f"{FIRST}/back", version="x").status_code == 404
    assert done(office, "give_back_wording") == [("give_back_wording", "b-1", "first_reminder", "en", 1, "Robin Lee")]


def test_bank_details_are_an_owners(office: FixedOffice, post: Post) -> None:
    office.role = Role.BOOKKEEPER
    assert post("/bank", lines="Acme", reference="number").status_code == 403
    assert not done(office, "set_bank")

    office.role = Role.OWNER
    assert post("/bank", lines="Acme\nIBAN X\n", reference="number", first="yes").status_code == 303
    bank = done(office, "set_bank")[0][2]
    assert (bank.lines, bank.first) == (("Acme", "IBAN X"), True)  # type: ignore[attr-defined]


def test_a_viewer_reads_and_changes_nothing() -> None:
    office = FixedOffice(role=Role.VIEWER)
    client = app_over(office).test_client()
    sign_in(client)
    page = client.get(FIRST).get_data(as_text=True)

    assert "readonly" in page
    assert ">Save<" not in page
    assert "Only an owner may change them" in client.get("/bank").get_data(as_text=True)


def test_papers_are_pdfs(owner: FlaskClient) -> None:
    for path in ("/credit-policy.pdf", "/statement-papers/qb-1/58?kind=activity"):
        answer = owner.get(path)
        assert answer.headers["Content-Type"] == "application/pdf"
        assert re.match(r'attachment; filename="[a-z-]+\.pdf"', answer.headers["Content-Disposition"])


def test_a_statement_for_wrong_days_is_refused_with_a_sentence(owner: FlaskClient) -> None:
    answer = owner.get("/statement-letters/qb-1/58?kind=activity&from=soon")

    assert answer.status_code == 422
    assert "write it like 2026-12-01" in answer.get_data(as_text=True)


def test_the_credit_policy_says_whether_it_goes_with_first_invoices(owner: FlaskClient, office: FixedOffice) -> None:
    by_hand = owner.get("/credit-policy").get_data(as_text=True)
    office.with_first = True
    by_itself = owner.get("/credit-policy").get_data(as_text=True)

    assert "send_credit_policy = true" in by_hand
    assert "It goes along with a customer&#39;s first invoice" in by_itself or "a customer's first invoice" in by_itself
    assert "send_credit_policy = true" not in by_itself
