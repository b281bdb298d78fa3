"""The customer's page as a place to work, and the to-dos."""

import re
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from duewell.access import Role
from duewell.web.office import Business
from tests.duewell.web.conftest import Post
from tests.duewell.web.fixed_office import HOSTILE, FixedOffice, customer
from tests.duewell.web.fixed_work import TODOS, WORK, todo
from tests.duewell.web.test_pages import words

HERE = "/customers/qb-1/58"


def test_the_customers_page_tells_promises_holds_and_the_whole_history(owner: FlaskClient) -> None:
    page = words(owner, HERE)

    assert "$500.00 by 13 March 2026, invoice 1037 Open By Friday Written down by Robin Lee." in page
    assert "By 3 March 2026, invoice 1038 Not kept An expected date, typed into QuickBooks. $120.00 came since." in page
    assert "Disputes 200.00 USD of invoice 1037: the price is wrong" in page
    assert "Kim sees to it · looked at again on 20 March 2026" in page
    assert page.index("May have been sent; being looked up") < page.index("Called them") < page.index("bank transfer")
    assert "perhaps it slipped by" in page
    assert "3 older lines not shown." in page
    assert "A customer in QuickBooks, a business" in page


def test_a_message_tells_what_was_attached_and_what_was_not(owner: FlaskClient) -> None:
    page = owner.get(HERE).get_data(as_text=True)

    assert "Attached: 1037.pdf, Proof of delivery.pdf" in page
    assert "Not sent along: plans.dwg (of a type that is not sent by mail)" in page


def test_the_address_for_ones_own_mail_is_shown_where_there_is_one(owner: FlaskClient, office: FixedOffice) -> None:
    assert "Copy your own mail to" not in words(owner, HERE)
    office.person = customer(work=replace(WORK, bcc="own+58@juniper.example"))

    assert "Copy your own mail to own+58@juniper.example" in words(owner, HERE)


def test_what_was_said_is_written_down_under_ones_name(office: FixedOffice, post: Post, owner: FlaskClient) -> None:
    answer = post("/said/qb-1/58", form="promise", kind="promise", until="2026-03-13", amount="500", invoice="id-1037")

    assert answer.location == HERE
    told = {"kind": "promise", "until": "2026-03-13", "amount": "500", "invoice": "id-1037"}
    assert office.asked[-1] == ("record", "b-1", "qb-1", "58", told, "Robin Lee")
    assert "Written down: promised to pay by 13 March 2026." in words(owner, HERE)


def test_somebody_else_to_write_to_is_written_down(office: FixedOffice, post: Post, owner: FlaskClient) -> None:
    assert "Somebody else to write to" in words(owner, HERE)
    post("/said/qb-1/58", form="person", kind="contact_person", reason="escalation", address="jo@b.test", words="Jo")

    told = {"kind": "contact_person", "reason": "escalation", "address": "jo@b.test", "words": "Jo"}
    assert office.asked[-1] == ("record", "b-1", "qb-1", "58", told, "Robin Lee")


def test_several_invoices_were_sent_by_other_means(office: FixedOffice, post: Post) -> None:
    post("/said/qb-1/58", form="sent", kind="was_sent", day="2026-03-01", invoice=["id-1037", "id-1038"])

    recorded = [one[4] for one in office.asked if one[0] == "record"]
    assert recorded == [
        {"kind": "was_sent", "day": "2026-03-01", "invoice": "id-1037"},
        {"kind": "was_sent", "day": "2026-03-01", "invoice": "id-1038"},
    ]


def test_a_refusal_stands_beside_the_form_which_keeps_what_was_typed(office: FixedOffice, post: Post) -> None:
    office.refused = "A promise cannot end in the past: 9 March 2026 was before today, 10 March 2026."
    answer = post("/said/qb-1/58", form="promise", kind="promise", until="2026-03-09", words=HOSTILE, invoice="id-1038")
    page = answer.get_data(as_text=True)

    assert answer.status_code == 422
    form = page[page.index('<details open id="form-promise">') :].split("</details>", 1)[0]
    assert office.refused in form
    assert 'value="2026-03-09"' in form
    assert "&lt;script&gt;" in form
    assert '<option value="id-1038" selected>' in form
    assert page.count(office.refused) == 1


def test_a_hold_is_ended_and_a_promise_taken_back(office: FixedOffice, post: Post, owner: FlaskClient) -> None:
    page = owner.get(HERE).get_data(as_text=True)

    assert set(re.findall(r'action="(/ended/[^"]+)"', page)) == {"/ended/s-1/qb-1/58", "/ended/s-2/qb-1/58"}
    assert post("/ended/s-2/qb-1/58").location == HERE
    assert office.asked[-1] == ("end_said", "b-1", "s-2", "Robin Lee")


def test_a_customer_who_owes_nothing_promises_nothing(owner: FlaskClient, office: FixedOffice) -> None:
    office.person = customer(work=replace(WORK, invoices=(), addresses=()), owed=(), rows=())
    page = owner.get(HERE).get_data(as_text=True)

    assert "form-promise" not in page
    assert "form-address" not in page
    assert "form-contact" in page


def test_the_to_dos_are_ones_own_first_and_put_off_ones_are_away(owner: FlaskClient) -> None:
    page = words(owner, "/todos")

    assert page.index("Yours 1") < page.index("Call Hollis") < page.index("For anybody 4") < page.index("Read what")
    assert "which has passed" in page
    assert "Good morning, this is Robin of Juniper." in page
    assert "Quill Press" not in page
    assert "put off until 1 April 2026" in words(owner, "/todos?all=yes")


def test_a_call_is_written_down(office: FixedOffice, post: Post, owner: FlaskClient) -> None:
    assert post("/todos/t-4/done", reached="yes", words="They pay on Friday.").location == "/todos"

    told = {"reached": "yes", "words": "They pay on Friday."}
    assert office.asked[-1] == ("finish_todo", "b-1", "t-4", told, "Robin Lee")
    assert "Done." in words(owner, "/todos")


def test_a_to_do_is_put_off_and_handed_on(office: FixedOffice, post: Post) -> None:
    post("/todos/t-1/snooze", day="in 3 days")
    post("/todos/t-1/assign", to="Kim")
    post("/todos/bank", until="2026-03-09")

    assert office.asked[-3:] == [
        ("snooze_todo", "b-1", "t-1", "in 3 days"),
        ("assign_todo", "b-1", "t-1", "Kim"),
        ("record", "b-1", "", "", {"kind": "bank_entered", "until": "2026-03-09"}, "Robin Lee"),
    ]


def test_what_was_refused_is_said_beside_its_to_do(office: FixedOffice, post: Post) -> None:
    office.refused = "What was said? A few words are enough."
    answer = post("/todos/t-4/done", reached="yes", words="well")
    page = answer.get_data(as_text=True)
    item = page[page.index('id="todo-t-4"') :].split("</li>", 1)[0]

    assert answer.status_code == 422
    assert office.refused in item
    assert "<details open>" in item
    assert ">well</textarea>" in item


@pytest.mark.parametrize("act", ["done", "snooze", "assign"])
def test_what_is_gone_is_said_to_be_gone(post: Post, act: str) -> None:
    answer = post(f"/todos/nobody/{act}")

    assert answer.status_code == 422
    assert "it was done, or it is no longer needed" in answer.get_data(as_text=True)


def test_to_dos_of_several_businesses_each_with_its_own_forms(owner: FlaskClient, office: FixedOffice) -> None:
    office.known = (*office.known, Business("b-2", "Fenwick"), Business("b-3", "Hidden"))
    office.not_given = ("b-3",)
    office.tasks = (
        *TODOS,
        todo("t-8", "reply", "Read what Fern wrote", business="b-2", business_name="Fenwick"),
        todo("t-9", "reply", "Not for these eyes", business="b-3", business_name="Hidden"),
    )
    page = owner.get("/todos").get_data(as_text=True)
    form = page[page.index('action="/todos/t-8/done"') :].split("</form>", 1)[0]

    assert 'name="business" value="b-2"' in form
    assert "Fenwick" in page
    assert "Not for these eyes" not in page


def test_a_viewer_reads_the_script_and_changes_nothing(owner: FlaskClient, office: FixedOffice) -> None:
    office.role = Role.VIEWER
    page = owner.get("/todos").get_data(as_text=True)

    assert "Good morning, this is Robin" in page
    assert 'action="/todos' not in page
    assert "/ended/" not in owner.get(HERE).get_data(as_text=True)


def test_an_empty_list_says_what_will_come(owner: FlaskClient, office: FixedOffice) -> None:
    office.tasks = ()

    assert "Nothing to do" in words(owner, "/todos")


def test_a_long_list_is_cut(owner: FlaskClient, office: FixedOffice) -> None:
    office.tasks = tuple(todo(f"t-{number}", "reply", f"Read it {number}") for number in range(250))

    assert "250 to-dos; the first 200 are shown" in words(owner, "/todos")
    assert "Read it 249" in words(owner, "/todos?all=yes")
