"""The policy's pages: read back, changed in two steps, mistakes beside the text, and for owners only."""

import io

import pytest
from flask.testing import FlaskClient

from duewell.access import Role
from tests.duewell.web.conftest import Post, proof_in
from tests.duewell.web.fixed_office import FixedOffice
from tests.duewell.web.fixed_policy import OWN, VIP
from tests.duewell.web.test_pages import words

BAD = '[manners]\ngap_day = 4\nopens_at = "18:00"\n\n[[steps]]\nname = "invoice-again"\ntone = "firm"\n'
GOOD = "[manners]\ngap_days = 7\n"


def page_of(answer: object) -> str:
    return str(answer.get_data(as_text=True))  # type: ignore[attr-defined]


def test_it_is_read_back_in_sentences_and_as_a_calendar(owner: FlaskClient) -> None:
    page = words(owner, "/policy")

    assert "“v1”, by Robin Lee, 2 February 2026, 04:30." in page
    assert "3 days before the due date: a friendly e-mail, “before due”." in page
    assert "At least 5 whole days lie between two contacts with one customer." in page
    assert "For customers in Germany or Austria who owe 10,000 or more (“large”): No message is more than firm." in page
    assert "“last-reminder” is left out." in page
    assert "Tuesday 10 March 2026 The invoice is issued." in page
    assert "Thursday 9 April 2026 The invoice is due." in page
    assert "After the audit" in page


def test_a_proposal_is_offered_to_a_business_without_a_policy_of_its_own(
    owner: FlaskClient, office: FixedOffice
) -> None:
    office.proposing = True
    page = words(owner, "/policy")

    assert "On the days your customers know?" in page
    assert "nothing was changed for Juniper Group yet" in page
    owner.get("/policy/change?from=proposal")
    assert office.asked[-1] == ("policy_text", "b-1", "", "proposal")


def test_mistakes_stand_beside_the_text_which_is_kept(owner: FlaskClient, office: FixedOffice, post: Post) -> None:
    answer = post("/policy/check", text=BAD.replace("\n", "\r\n"))
    page = page_of(answer)

    assert answer.status_code == 422
    assert "3 mistakes to mend; nothing was changed" in page
    assert "Line 2" in page
    assert "Did you mean “gap_days”?" in page
    assert "which never comes" in page
    assert "so tone has no effect" in page
    assert "<code>tone = &#34;firm&#34;</code>" in page
    assert BAD.replace('"', "&#34;") in page
    assert "Save; it holds" not in page


def test_what_differs_is_shown_before_it_is_saved(owner: FlaskClient, office: FixedOffice, post: Post) -> None:
    checked = post("/policy/check", text=GOOD)

    assert checked.status_code == 200
    assert "At least 7 whole days lie between two contacts with one customer." in page_of(checked)
    assert "“call-them” is left out." in page_of(checked)
    assert office.documents == [OWN]
    saved = post("/policy/change", text=GOOD, over="1", note=" Too many ")
    assert saved.location == "/policy"
    assert office.asked[-1] == ("keep_policy", "b-1", GOOD, "", 1, "Robin Lee", " Too many ")
    assert "From now on “v2” holds" in words(owner, "/policy")


def test_what_was_saved_by_somebody_else_meanwhile_is_not_overwritten(office: FixedOffice, post: Post) -> None:
    office.documents.append(GOOD)
    answer = post("/policy/change", text=OWN, over="1")

    assert answer.status_code == 422
    assert "Somebody else has changed it in the meantime." in page_of(answer)
    assert "Ours since the spring" in page_of(answer)
    assert 'name="over" value="2"' in page_of(answer)


@pytest.mark.parametrize("over", ["", "x", "-1", "9" * 20])
def test_a_form_that_does_not_say_what_it_saw_is_refused(office: FixedOffice, post: Post, over: str) -> None:
    assert post("/policy/change", text=GOOD, over=over).status_code == 422
    assert office.documents == [OWN]


def test_mistakes_are_not_saved_by_going_around_the_check(office: FixedOffice, post: Post) -> None:
    assert post("/policy/change", text=BAD, over="1").status_code == 422
    assert office.documents == [OWN]


def test_a_file_takes_the_place_of_the_text(office: FixedOffice, post: Post) -> None:
    file = (io.BytesIO(b"\xef\xbb\xbf[manners]\r\ngap_days = 7\r\n"), "policy.toml")
    answer = post("/policy/check", text=OWN, file=file)

    assert answer.status_code == 200
    assert office.asked[-1] == ("draft_policy", "b-1", GOOD, "")


@pytest.mark.parametrize(("content", "said"), [(b"\xff\xfe\x00", "no text in UTF-8"), (b"#" * 70_000, "a page or two")])
def test_a_file_that_is_none_is_refused_with_the_text_kept(post: Post, content: bytes, said: str) -> None:
    answer = post("/policy/check", text=OWN, file=(io.BytesIO(content), "photo.jpg"))

    assert answer.status_code == 422
    assert said in page_of(answer)
    assert "Ours since the spring" in page_of(answer)


def test_a_customers_own_policy(owner: FlaskClient, office: FixedOffice, post: Post) -> None:
    assert "What differs for Hollis &amp; Daughters" in page_of(owner.get(f"/policy/change?customer={VIP}"))
    answer = post("/policy/check", customer=VIP, text="[manners]\ndaily_cap = 3\n")
    assert "cannot differ for one customer" in page_of(answer)
    assert post("/policy/change", customer=VIP, text=GOOD, over="1", note="").status_code == 303
    assert office.asked[-1] == ("keep_policy", "b-1", GOOD, VIP, 1, "Robin Lee", "")
    assert owner.get("/policy/change?customer=qb-1/99").status_code == 404


def test_every_version_can_be_read_and_begun_with(owner: FlaskClient, office: FixedOffice) -> None:
    page = words(owner, "/policy/versions/1")

    assert "By Robin Lee, 1 February 2026, 04:30: After the audit" in page
    assert "# Ours since the spring" in page
    assert 'href="/policy/change?from=1"' in page_of(owner.get("/policy/versions/1"))
    assert "It is empty: nothing differs" in words(owner, f"/policy/versions/2?customer={VIP}")
    assert owner.get("/policy/versions/9").status_code == 404


@pytest.mark.parametrize("role", [Role.VIEWER, Role.BOOKKEEPER])
def test_who_may_not_change_it_reads_it_and_is_offered_nothing(
    owner: FlaskClient, office: FixedOffice, role: Role
) -> None:
    office.role = role
    page = page_of(owner.get("/policy"))
    proof = proof_in(owner.get("/password"))

    assert "An owner of Juniper Group may change it." in page
    assert "/policy/change" not in page
    assert "/policy/change" not in page_of(owner.get("/policy/versions/1"))
    assert owner.get("/policy/change").status_code == 403
    for path in ("/policy/check", "/policy/change"):
        form = {"proof": proof, "business": "b-1", "text": GOOD, "over": "1"}
        assert owner.post(path, data=form).status_code == 403
    assert office.documents == [OWN]


def test_text_in_a_file_is_never_markup(post: Post) -> None:
    page = page_of(post("/policy/check", text="</textarea><script>alert(1)</script>\n"))

    assert "<script>alert" not in page
