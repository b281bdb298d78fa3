"""Which way a step goes when its own has no address."""

from datetime import UTC, datetime
from itertools import chain, combinations

import pytest
from msgspec import structs

from collector.policy import Channel, Step
from collector.reaching import fallbacks, mobile, numbers, reachable
from receivables.records import Address, Customer, EmailAddress, Kind, Ref

NOW = datetime(2026, 3, 10, tzinfo=UTC)
ALL = tuple(Channel)
HOME = Address(("5 High Street",), "Bath", "", "BA1 1AA", "GB")
WHOLE = Customer(
    Ref("c1", Kind.CUSTOMER, "ann"),
    "Ann",
    NOW,
    emails=(EmailAddress("ann@bakery.example"),),
    phones=("07400 123456",),
    address=HOME,
)


def of(customer: Customer, **changes: object) -> Customer:
    return structs.replace(customer, **changes)


@pytest.mark.parametrize("own", ALL)
@pytest.mark.parametrize("open_ones", list(chain.from_iterable(combinations(ALL, n) for n in range(len(ALL) + 1))))
def test_the_own_channel_first_then_mail_platform_letter_call_and_never_a_text(
    own: Channel, open_ones: tuple[Channel, ...]
) -> None:
    chosen = fallbacks(Step("a-step", 7, "first_reminder", own), open_ones)

    if own in open_ones:
        assert chosen is own
        return
    order = (Channel.MAIL, Channel.PLATFORM, Channel.LETTER, Channel.CALL)
    assert chosen == next((one for one in order if one in open_ones), None)


def test_whoever_has_everything_is_reached_every_way_that_is_set_up() -> None:
    assert reachable(WHOLE, ready=ALL, platform_mails=True) == set(ALL)
    assert reachable(WHOLE, ready=(), platform_mails=True) == {Channel.PLATFORM}
    assert reachable(WHOLE, ready=ALL, platform_mails=True, invoices=2) == set(ALL) - {Channel.PLATFORM}
    assert reachable(WHOLE, ready=ALL) == set(ALL) - {Channel.PLATFORM}
    assert reachable(WHOLE, ready=ALL, closed=(Channel.MAIL, Channel.SMS)) == {Channel.LETTER, Channel.CALL}


def test_without_an_address_there_is_no_way() -> None:
    nobody = of(WHOLE, emails=(EmailAddress("cc@bakery.example", addressed=False),), phones=("?",), address=Address())

    assert reachable(nobody, ready=ALL, platform_mails=True) == frozenset()


def test_a_landline_can_be_called_but_not_texted() -> None:
    landline = of(WHOLE, phones=("020 7946 0018",))

    assert {Channel.SMS, Channel.CALL} & reachable(landline, ready=ALL) == {Channel.CALL}


def test_numbers_without_a_country_code_are_read_as_the_customers_country_writes_them() -> None:
    assert mobile(("020 7946 0018", "07400 123456"), "gb") == "+447400123456"
    assert mobile(("07400 123456",)) == ""
    assert numbers(("+1 415 555 2671", "(415) 555-2671", "x"), "US") == ("+14155552671",)
    nowhere = of(WHOLE, address=structs.replace(HOME, country=""))
    assert Channel.SMS not in reachable(nowhere, ready=ALL)
    assert Channel.SMS in reachable(nowhere, ready=ALL, country="GB")
