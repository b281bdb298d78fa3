"""The page of the rules: what is kept, where it comes from, and what is not covered."""

from flask.testing import FlaskClient

from tests.duewell.web.test_pages import words


def test_it_shows_the_rules_and_says_what_it_is_not(owner: FlaskClient) -> None:
    page = words(owner, "/rules")

    assert "This is not legal advice." in page
    assert "In Florida consumers are called and texted only between 08:00 and 21:00." in page
    assert "In force since 16 May 2025; its text was read on 21 November 2026." in page
    assert "The rate is known up to 31 December 2026." in page
    assert "Other countries A country that is not named here has only" in page


def test_the_policy_leads_to_it(owner: FlaskClient) -> None:
    assert 'href="/rules"' in owner.get("/policy").get_data(as_text=True)


def test_sources_are_links_that_tell_nobody_where_one_came_from(owner: FlaskClient) -> None:
    page = owner.get("/rules").get_data(as_text=True)

    assert '<a href="https://flsenate.gov/Session/Bill/2025/232" rel="noreferrer">Fla. Stat. 559.72(17)' in page
