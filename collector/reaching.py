"""Whom a step can reach, and by which other way when its own has no address. Pure."""

from collections.abc import Collection, Sequence

import phonenumbers

from collector.policy import Channel, Step
from receivables.records import Address, Customer

FALLING_BACK = (Channel.MAIL, Channel.PLATFORM, Channel.LETTER, Channel.CALL)
# What a text message can be sent to. In North America a number does not tell whether it is a mobile one.
MOBILE = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)


def fallbacks(step: Step, reachable: Collection[Channel]) -> Channel | None:
    """The step's own channel, else the first that reaches them: mail, platform, letter, call.

    A text message is never fallen back on: people gave their number for something else.
    """
    return next((one for one in (step.channel, *FALLING_BACK) if one in reachable), None)


def reachable(
    customer: Customer,
    *,
    ready: Collection[Channel],
    country: str = "",
    invoices: int = 1,
    platform_mails: bool = False,
    closed: Collection[Channel] = (),
) -> frozenset[Channel]:
    """The channels that would reach this customer now.

    `ready` are those that are set up, `closed` those they opted out of or whose address is known to be wrong.
    `country` is the company's, for numbers without a country code. The platform mails one invoice at a time.
    """
    addressed = any(one.addressed and one.address for one in customer.emails)
    there = {
        Channel.MAIL: addressed,
        Channel.PLATFORM: addressed and platform_mails and invoices == 1,
        Channel.SMS: bool(mobile(customer.phones, customer.address.country or country)),
        Channel.LETTER: can_be_posted(customer.address),
        Channel.CALL: bool(numbers(customer.phones, customer.address.country or country)),
    }
    able = {Channel.PLATFORM, *ready} - set(closed)
    return frozenset(channel for channel, has_address in there.items() if has_address and channel in able)


def can_be_posted(address: Address) -> bool:
    """A street and a town, or at least a postcode."""
    return bool(address.lines) and bool(address.city or address.postcode)


def numbers(phones: Sequence[str], country: str = "") -> tuple[str, ...]:
    """The valid numbers in E.164, in their order. `country` is for those written without a country code."""
    found = (_parsed(phone, country) for phone in phones)
    return tuple(dict.fromkeys(_e164(number) for number in found if number is not None))


def mobile(phones: Sequence[str], country: str = "") -> str:
    """The first number that a text message can reach, in E.164; empty when there is none."""
    found = (_parsed(phone, country) for phone in phones)
    fitting = (_e164(one) for one in found if one is not None and phonenumbers.number_type(one) in MOBILE)
    return next(fitting, "")


def _parsed(phone: str, country: str) -> phonenumbers.PhoneNumber | None:
    try:
        number = phonenumbers.parse(phone, country.upper() or None)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
