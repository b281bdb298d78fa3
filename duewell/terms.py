"""A business's credit policy: shown, printed, cited by its invoices, and accepted by its customers."""

from collections.abc import Mapping, Sequence
from datetime import date

from babel import Locale

from collector.channels.port import Attachment
from collector.charges import credit_policy
from collector.charges.credit_policy import Agreement, CreditPolicy
from collector.wording.languages import LANGUAGES, locale, main_language
from collector.wording.source import POLICY, BadWording, shipped
from duewell.businesses import living, the_business, zone_of
from duewell.finding import today_of, whole_case
from duewell.ruling import layers_of
from duewell.wiring import House
from integrations.errors import Refused
from receivables.records import Customer, Invoice, Kind, Ref
from receivables.said import Saying
from storage.books import records
from storage.said import said, say
from storage.wordings import KeptWording, wording_versions


def language_of_business(house: House, business: str) -> str:
    """The main language of the first company's country, if we have it; else English."""
    spoken = [main_language(one.company.country) for one in living(house, business) if one.company]
    return next((language for language in spoken if language in LANGUAGES), "en")


def locale_of_business(house: House, business: str) -> Locale:
    """How the business itself writes sums and dates."""
    countries = [one.company.country for one in living(house, business) if one.company and one.company.country]
    return locale(language_of_business(house, business), *countries[:1])


def policy_versions(house: House, business: str) -> list[KeptWording]:
    """Every version of the credit policy in the business's own language, oldest first."""
    with house.database.read() as tx:
        return wording_versions(tx, business, POLICY, language_of_business(house, business))


def credit_policy_of(house: House, business: str, *, on: date | None = None) -> CreditPolicy:
    """The credit policy in force on a day (today when none is given); version 0 is the shipped proposal.

    Raises Refused when the one that was saved cannot be read any more.
    """
    versions, zone = policy_versions(house, business), zone_of(house, the_business(house, business))
    return credit_policy_numbered(
        house, business, credit_policy.version_in_force(versions, on or today_of(house, business), zone)
    )


def credit_policy_numbered(house: House, business: str, number: int) -> CreditPolicy:
    """One version of it; 0 is the shipped proposal. Raises Refused when it cannot be read any more."""
    versions, zone = policy_versions(house, business), zone_of(house, the_business(house, business))
    held = next((one for one in versions if one.version == number), None)
    where = locale_of_business(house, business)
    text = held.text if held else shipped(POLICY, where.language)
    from_on = held.at.astimezone(zone).date() if held else None
    try:
        return credit_policy.read(text, company_of(house, business), where, version=number, from_on=from_on)
    except BadWording as error:
        raise Refused(f"the credit policy cannot be read: {error}") from None


def credit_policy_paper(house: House, business: str, policy: CreditPolicy) -> bytes:
    """The credit policy as a PDF."""
    where = locale_of_business(house, business)
    return credit_policy.policy_pdf(policy, company_of(house, business), where, at=house.clock.now())


def terms_file(house: House, business: str, version: int) -> Attachment:
    """One version of the credit policy as a file that goes with a mail. Raises Refused when it cannot be read."""
    policy = credit_policy_numbered(house, business, version)
    return Attachment("credit-policy.pdf", credit_policy_paper(house, business, policy), terms=version)


def agreed(house: House, business: str, invoices: Sequence[Invoice]) -> Mapping[Ref, int]:
    """The version of the credit policy each invoice came under; empty for a business that has none of its own."""
    zone = zone_of(house, the_business(house, business))
    return credit_policy.cited(policy_versions(house, business), invoices, zone)


def goes_with_first(house: House, business: str) -> bool:
    """Does the credit policy go with a customer's first invoice, as the business's policy says?"""
    return layers_of(house.database, house.settings, business).policy.send_credit_policy


def accept_policy(house: House, business: str, customer: Ref, *, by: str, note: str = "") -> int:
    """Write down that a customer accepted the version in force today; its number. Raises NotThere or Refused."""
    case, _ = whole_case(house, business, customer)
    version = credit_policy_of(house, business).version
    if not version:
        raise Refused("there is no credit policy yet that a customer could accept; write one first")
    words = credit_policy.accepted(case.debtor, version, today_of(house, business), by=by, note=note)
    with house.database.write() as tx:
        say(tx, business, words, now=house.clock.now())
    return version


def company_of(house: House, business: str) -> str:
    """The name customers know: the first company's, else the business's."""
    names = [one.company.name for one in living(house, business) if one.company and one.company.name]
    return names[0] if names else the_business(house, business).name


def acceptances(house: House, business: str) -> list[tuple[str, Agreement]]:
    """Who has accepted which version, by the customers' names, oldest first."""
    with house.database.read() as tx:
        found = credit_policy.agreements(said(tx, business, kinds=[Saying.NOTE]))
        refs = {one.debtor: _customer_of(one.debtor) for one in found}
        known = records(tx, business, list(refs.values()))
    named = {debtor: known.get(ref) for debtor, ref in refs.items()}
    return [(one.name if isinstance(one := named[each.debtor], Customer) else each.debtor, each) for each in found]


def _customer_of(debtor: str) -> Ref:
    connection, _, id = debtor.partition("/")
    return Ref(connection, Kind.CUSTOMER, id)
