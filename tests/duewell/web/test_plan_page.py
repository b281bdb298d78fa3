"""The plan page: what may leave, what somebody looks at first, who answered, and what is held."""

import re
from dataclasses import replace

from flask.testing import FlaskClient

from duewell.access import Role
from duewell.views.plan import Automatic
from integrations.errors import NotThere, Refused
from tests.duewell.web.conftest import Post
from tests.duewell.web.fixed_office import FixedOffice
from tests.duewell.web.fixed_plan import MESSAGES, message, old, planned_row, turn
from tests.duewell.web.test_pages import words


def page_of(client: FlaskClient, path: str = "/plan") -> str:
    return client.get(path).get_data(as_text=True)


def test_every_message_says_what_would_be_sent(owner: FlaskClient) -> None:
    page = words(owner, "/plan")

    assert "Second reminder, e-mail, firm, to accounts@58.example." in page
    assert "$120.00 stands in their favour and is taken off." in page
    assert "$1,482.50 + €900.00" in page
    assert "This customer has never been written to from here." in page
    assert "Approved by Robin Lee, in other words: “A word about invoice 1061”" in page
    assert "Not at this hour: It is 07:10 where the customer is" in page
    assert "Not today said Kim" in page
    assert "Next look on 13 March 2026." in page
    assert "Rule contacted_lately" in page
    assert "¥128,000" in page


def keys(page: str, wish: str) -> list[str]:
    """The messages that a button is about."""
    forms = re.findall(r"<form.*?</form>", page, re.DOTALL)
    found = next(one for one in forms if f'value="{wish}"' in one)
    named: str = re.findall(r'name="messages" value="([^"]*)"', found)[0]
    return named.split()


def test_all_that_is_ready_never_holds_what_is_odd(owner: FlaskClient, office: FixedOffice, post: Post) -> None:
    ready = keys(page_of(owner), "approve_all")

    assert ready == ["qb-1:58:d58", "qb-1:59:d59"]
    assert post("/plan", messages=" ".join(ready), do="approve_all").status_code == 303
    asked = [("qb-1/58", "d58"), ("qb-1/59", "d59")]
    assert office.asked[-1] == ("answer_messages", "b-1", asked, "together", "Robin Lee")


def test_the_messages_of_the_page_are_those_that_are_answered(
    owner: FlaskClient, office: FixedOffice, post: Post
) -> None:
    strange = message("A", "c/d:ü &", connection="a:b", digest="0f")
    office.sheet = replace(office.sheet, messages=(strange,))
    post("/plan", messages=" ".join(keys(page_of(owner), "refuse")), do="refuse")

    assert office.asked[-1] == ("answer_messages", "b-1", [("a:b/c/d:ü &", "0f")], "refused", "Robin Lee")


def test_nothing_chosen_changes_nothing(office: FixedOffice, post: Post) -> None:
    assert post("/plan").status_code == 303
    assert not [one for one in office.asked if one[0] == "answer_messages"]


def test_what_became_of_the_answer_is_told(owner: FlaskClient, post: Post) -> None:
    post("/plan", messages="qb-1:58:d58", do="approve")

    assert "The message to Hollis &amp; Daughters will be sent, at its hour." in page_of(owner)


def test_a_viewer_sees_everything_and_changes_nothing(owner: FlaskClient, office: FixedOffice) -> None:
    office.role = Role.VIEWER
    page = page_of(owner)

    assert "A bookkeeper or an owner approves these." in page
    assert "Hollis &amp; Daughters" in page
    assert "<button" not in page.split("<main")[1]


def test_a_long_plan_is_cut_where_it_does_no_harm(owner: FlaskClient, office: FixedOffice) -> None:
    many = tuple(planned_row(say, f"{say}-{at}", "Fern") for say in ("hold", "skip") for at in range(150))
    ready = tuple(message("Fern", str(at)) for at in range(150))
    office.sheet = replace(office.sheet, rest=many, messages=ready)
    page, whole = page_of(owner), page_of(owner, "/plan?all=yes")

    assert len(keys(page, "approve_all")) == 150
    assert page.count("Show all 150") == 2
    assert "skip-149" not in page
    assert "skip-149" in whole


def test_the_words_of_one_message_can_be_read_and_changed(owner: FlaskClient, office: FixedOffice, post: Post) -> None:
    page = words(owner, "/plan/words/qb-1/58")
    assert "Reminder: invoice 1037 from Juniper" in page
    typed = {"subject": "A word", "opening": "Dear Ann,\r\n\r\nhow are you?"}

    answer = post("/plan/words/qb-1/58", digest="d58", **typed)

    assert answer.status_code == 303
    assert office.asked[-1] == ("edit_message", "b-1", ("qb-1/58", "d58"), typed, "Robin Lee")


def test_refused_words_stand_in_the_form_with_the_reason(office: FixedOffice, post: Post) -> None:
    office.error = Refused("“or else”: it threatens. Say what you will do instead.")
    answer = post("/plan/words/qb-1/58", digest="d58", subject="Pay", opening="Pay now or else.")
    page = answer.get_data(as_text=True)

    assert answer.status_code == 422
    assert "“or else”: it threatens." in page
    assert "Pay now or else.</textarea>" in page


def test_a_message_that_is_no_longer_planned_leads_back_to_the_plan(
    owner: FlaskClient, office: FixedOffice, post: Post
) -> None:
    assert owner.get("/plan/words/qb-1/999").status_code == 303
    office.error = NotThere("There is no message to this customer in today's plan.")
    assert post("/plan/words/qb-1/58", digest="d58", subject="A", opening="B").status_code == 303


def test_what_the_platform_sends_cannot_be_put_in_other_words(owner: FlaskClient) -> None:
    assert "<textarea" not in page_of(owner, "/plan/words/qb-1/63")


def test_automatic_says_what_it_means_and_what_is_unknown(owner: FlaskClient, office: FixedOffice, post: Post) -> None:
    page = words(owner, "/plan")

    assert "Draft: nothing leaves until a person has approved it" in page
    assert "Nobody has said whether Juniper Landscaping sends reminders of its own" in page
    assert "Of 2 customers nobody has confirmed whether they are businesses or private persons" in page
    assert post("/plan/automatic", automatic="yes").status_code == 303
    assert office.asked[-1] == ("choose_automatic", "b-1", True, "Robin Lee")
    assert post("/plan/automatic").status_code == 400
    office.sheet = replace(office.sheet, automatic=Automatic(on=True, by="Kim", at=office.clock.now()))
    assert "Ordinary messages go by themselves; Kim chose that on 10 March 2026, 11:00." in words(owner, "/plan")


def test_kinds_are_confirmed_in_bulk(owner: FlaskClient, office: FixedOffice, post: Post) -> None:
    page = words(owner, "/plan/kinds")
    assert "The name holds “Ltd”." in page
    assert "The name alone says nothing." in page

    post("/plan/kinds", debtor=["qb-1/60", "qb-1/64"], kind=["business", ""])

    assert office.asked[-1] == ("confirm_kinds", "b-1", {"qb-1/60": "business"}, "Robin Lee")
    assert "Of one customer it is known now what kind they are." in page_of(owner, "/plan/kinds")
    office.asked.clear()
    post("/plan/kinds", debtor=["qb-1/64"], kind=[""])
    assert not office.asked
    office.found_kinds = ()
    assert "All is known" in words(owner, "/plan/kinds")


def test_the_backlog_is_a_list_to_look_through(owner: FlaskClient, office: FixedOffice, post: Post) -> None:
    page = words(owner, "/plan/backlog")

    assert "Whoever has owed longest comes first; among those, whoever owes most." in page
    assert "Tuesday 10 March 2026: 1 message" in page
    assert "begins with “first reminder”" in page
    assert "There is no e-mail address of this customer." in page
    post("/plan/backlog", kind="was_sent", connection="qb-1", customer="60", invoice="id-0811")
    told = {"kind": "was_sent", "invoice": "id-0811"}
    assert office.asked[-1] == ("record", "b-1", "qb-1", "60", told, "Robin Lee")
    assert post("/plan/backlog", kind="insolvency", connection="qb-1", customer="60").status_code == 400
    office.old_debts = replace(office.old_debts, turns=())
    assert "Nothing old is left" in words(owner, "/plan/backlog")


def test_a_long_backlog_is_cut(owner: FlaskClient, office: FixedOffice) -> None:
    turns = tuple(turn(str(at), f"Fern {at}", None, old(str(at), 9)) for at in range(101))
    office.old_debts = replace(office.old_debts, turns=turns)

    assert "Fern 100" not in page_of(owner, "/plan/backlog")
    assert "Fern 100" in page_of(owner, "/plan/backlog?all=yes")


def test_what_may_leave_can_be_sent_at_once(office: FixedOffice, post: Post) -> None:
    answer = post("/plan/send")

    assert office.asked[-1] == ("send_approved", "b-1")
    assert "Quill Press: sent" in answer.get_data(as_text=True)
    assert len(MESSAGES) == 6
