"""The page of the last ninety days: what would have been wrong first, then the days, the customers, the difference."""

import re
from collections.abc import Callable
from datetime import date

from flask.testing import FlaskClient
from msgspec.structs import replace
from werkzeug.test import TestResponse

from collector.replay.told import Report, run_of
from duewell.desk.replay import ReplayView
from duewell.web.day_bars import chart
from tests.duewell.web.fixed_office import FixedOffice
from tests.duewell.web.fixed_replay import AT, COMPARED, REPORT, RUN, compared

Post = Callable[..., TestResponse]


def _spaced(page: str) -> str:
    return " ".join(page.split())


def test_what_would_have_been_wrong_comes_first_and_is_named(owner: FlaskClient) -> None:
    page = owner.get("/replay").text

    assert page.index("To somebody who had already paid") < page.index("Messages a day") < page.index("per customer")
    assert "Hollis &amp; Daughters" in page
    assert "The money had come on 30 January 2026, and the books did not show it yet" in _spaced(page)
    assert "Really sent in these days: 18" in page
    assert "came out exactly as they were stored" in page


def test_one_button_begins_and_the_page_answers_at_once(owner: FlaskClient, office: FixedOffice, post: Post) -> None:
    office.last_replay = None
    assert "Replay the last 90 days" in owner.get("/replay").text

    answer = post("/replay")

    assert answer.status_code == 303
    assert office.begun == [("b-1", "", "Robin Lee")]
    page = owner.get("/replay").text
    assert "Look again" in page
    assert "<button>Replay" not in page


def test_another_policy_is_set_beside_it_or_its_mistake_told_beside_the_text(office: FixedOffice, post: Post) -> None:
    wrong = post("/replay", text="[manners]\r\ngap_dais = 9")
    assert wrong.status_code == 422
    assert "did you mean gap_days?" in wrong.text
    assert "gap_dais = 9" in wrong.text

    assert post("/replay", text="[manners]\r\ngap_days = 9").status_code == 303
    assert office.begun[-1][1] == "[manners]\ngap_days = 9"


def test_the_difference_is_told_with_both_reasons(owner: FlaskClient, office: FixedOffice) -> None:
    office.last_replay = compared()

    page = owner.get("/replay").text

    assert "12 messages fewer than “v3”; the two part on 5 January 2026." in _spaced(page)
    assert COMPARED.changed[0].before.reason in page
    assert COMPARED.changed[0].after.reason in page


def test_a_replay_that_failed_says_so(owner: FlaskClient, office: FixedOffice) -> None:
    office.last_replay = ReplayView("failed", "Robin Lee", AT, trouble="It was interrupted; begin again.")

    assert "It was interrupted; begin again." in owner.get("/replay").text


def test_the_columns_stand_on_their_days_and_mark_what_was_reconstructed() -> None:
    drawn = chart(REPORT)

    assert drawn.width == 900
    assert drawn.known_from == 400
    assert {one.height for one in drawn.columns if one.messages == drawn.most} == {100}
    first, count = RUN.per_day[0]
    assert [(one.x, one.messages) for one in drawn.columns if one.day == first] == [(30, count)]
    assert all(one.y + one.height == drawn.height for one in drawn.columns)


def test_no_message_at_all_is_said_and_nothing_is_drawn(owner: FlaskClient, office: FixedOffice) -> None:
    empty = Report(date(2026, 3, 1), date(2026, 3, 10), 6, (), (), run_of("base", [], []))
    office.last_replay = ReplayView("done", "Robin Lee", AT, report=empty)

    page = owner.get("/replay").text

    assert "No message would have gone." in page
    assert not re.search(r"<svg class=.days-chart", page)
    assert chart(replace(empty)).columns == ()
