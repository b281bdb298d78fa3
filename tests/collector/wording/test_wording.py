"""The letters as people read them: every wording in every language, one and several invoices, hostile names."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from collector.channels.smtp import Postbox, compose
from collector.judgement import Line, Message
from collector.policy import Channel, Step, Tone
from collector.wording.languages import LANGUAGES
from collector.wording.source import KINDS, BadWording
from collector.wording.writing import Bank, Late, Letter, kept, known_letters, one_line, write
from receivables.case import Case
from receivables.money import Money
from receivables.records import Address, Company, Customer, EmailAddress, Invoice, InvoiceStatus, Kind, Ref

NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
ANN = Ref("c1", Kind.CUSTOMER, "ann")
BANK = Bank(("Northwind Ltd", "IBAN DE02 1203 0000 0000 2020 51"))
GREETINGS = {"en": "Hello Ann,", "de": "Guten Tag Ann,", "fr": "Bonjour Ann,", "es": "Buenos días, Ann:"}
TABLED = sorted(known_letters() - {"sms_reminder", "call_script"})


def invoice(id: str, amount: Money) -> Invoice:
    none = Money.zero(amount.currency)
    ref = Ref("c1", Kind.INVOICE, id)
    issued_on, due_on = date(2026, 2, 1), date(2026, 3, 2)
    return Invoice(ref, f"INV-{id}", ANN, issued_on, due_on, amount, amount, none, none, none, InvoiceStatus.OPEN, NOW)


def letter(
    *invoices: Invoice,
    wording: str = "first_reminder",
    name: str = "Ann",
    country: str = "US",
    url: str = "",
    language: str = "",
    disputed: Mapping[str, int] | None = None,
    agreed: Mapping[Ref, int] | None = None,
    bank: Bank | None = None,
    own: Mapping[tuple[str, str], str] | None = None,
    late: Late | None = None,
    **changes: object,
) -> Letter:
    emails = (EmailAddress("ann@bakery.example", name),)
    customer = Customer(ANN, "Ann's Bakery", NOW, emails=emails, address=Address(country=country), language=language)
    case = Case("c1/ann", Company("c1", "Northwind", "USD", country="US"), (customer,), invoices)
    step, parts = Step("a-step", 7, wording), disputed or {}
    doubts = [Money(parts.get(one.ref.id, 0), one.open.currency) for one in invoices]
    lines = tuple(Line(one, step, one.open - doubt, doubt) for one, doubt in zip(invoices, doubts, strict=True))
    message = Message("c1/ann", date(2026, 3, 10), lines, step, Tone.NEUTRAL, Channel.MAIL, customer.emails)
    changed = replace(message, **changes)  # type: ignore[arg-type]
    urls = {one.ref: url for one in invoices if url}
    return write(changed, case, sender="Robin", pay_urls=urls, bank=bank, agreed=agreed, own=own, late=late)


def test_who_gets_a_copy_is_not_the_one_who_is_greeted() -> None:
    boss = EmailAddress("boss@bakery.example", "Jo", addressed=False)

    for to, greeted in ((EmailAddress("a@b.example"), "Ann's Bakery"), (EmailAddress("a@b.example", "Ann"), "Ann")):
        assert letter(invoice("1", Money(10_000, "USD")), to=(boss, to)).text.startswith(f"Hello {greeted},")


@pytest.mark.parametrize("wording", TABLED)
def test_every_wording_reads_well_for_one_and_for_several(wording: str) -> None:
    one = letter(invoice("1", Money(123450, "USD")), wording=wording)
    two = letter(invoice("1", Money(123450, "USD")), invoice("2", Money(5000, "JPY")), wording=wording)

    assert "$1,234.50" in one.text
    assert "March 2, 2026" in one.text
    assert "¥5,000 and $1,234.50" in two.text
    for each in (one, two):
        greeting, first, second, *_ = each.text.split("\n\n")
        assert greeting in ("Hello Ann,", "Dear Ann,")
        assert first[0].isupper()
        assert second[0].isupper()
        assert "INV-1" in each.subject
        assert "\n" not in each.subject


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("wording", sorted(KINDS))
def test_every_language_has_every_letter_in_every_tone(wording: str, language: str) -> None:
    seen = set()
    for tone in Tone:
        for soft in (False, True):
            for count in (1, 2, 5):
                invoices = [invoice(str(at), Money(100 + at, "EUR")) for at in range(count)]
                made = letter(*invoices, wording=wording, language=language, tone=tone, soft=soft, bank=BANK)
                assert made.subject
                assert not {"{", "}", "None", "[]"} & set(made.text + made.html.partition("<body")[2])
                assert "  ." not in made.text
                seen.add(made.text)
    assert len(seen) >= 2 or wording in ("apology", "credit_policy", "policy_letter", "statement")


def test_tones_and_softness_change_what_is_said() -> None:
    one = invoice("1", Money(100, "USD"))
    texts = {
        letter(one, wording="second_reminder", tone=tone, soft=soft).text
        for tone in (Tone.NEUTRAL, Tone.FIRM)
        for soft in (False, True)
    }

    assert len(texts) == 3, "neutral, firm, and the softened one for both"


@pytest.mark.parametrize(
    ("language", "country", "greeting"),
    [
        ("de-AT", "US", "Guten Tag Ann,"),
        ("FR", "US", "Bonjour Ann,"),
        ("", "ES", "Buenos días, Ann:"),
        ("", "BE", "Beste Ann,"),
        ("pl", "DE", "Guten Tag Ann,"),
        ("", "PL", "Hello Ann,"),
        ("", "", "Hello Ann,"),
        ("xx", "nowhere", "Hello Ann,"),
    ],
)
def test_the_language_is_the_customers_else_their_countrys_else_the_companys(
    language: str, country: str, greeting: str
) -> None:
    assert letter(invoice("1", Money(100, "USD")), language=language, country=country).text.startswith(greeting)


def test_dates_and_sums_are_written_as_the_customers_country_writes_them() -> None:
    sum_ = Money(123450, "GBP")

    assert "2 March 2026" in letter(invoice("1", sum_), country="GB").text
    assert "£1,234.50" in letter(invoice("1", sum_), country="GB").text
    assert "1.234,50\xa0£" in letter(invoice("1", sum_), country="DE").text


def test_bank_details_stand_where_money_is_asked_for_and_in_no_thanks() -> None:
    one = invoice("1", Money(100, "USD"))

    assert "IBAN" in letter(one, wording="payment_returned", bank=BANK).text
    assert "IBAN" not in letter(one, wording="thank_you", bank=BANK).text


def test_british_and_american_spelling_differ() -> None:
    one = invoice("1", Money(100, "USD"))

    assert "installments" in letter(one, wording="second_reminder", tone=Tone.FIRM).text
    assert "instalments" in letter(one, wording="second_reminder", tone=Tone.FIRM, country="GB").text


def test_many_invoices_do_not_flood_the_subject() -> None:
    many = letter(*(invoice(str(number), Money(100, "USD")) for number in range(9)))

    assert "INV-0, INV-1, INV-2 and 6 more" in many.subject
    assert "INV-8" in many.text


def test_a_disputed_part_is_left_out_and_said_so() -> None:
    made = letter(invoice("1", Money(10_000, "USD")), disputed={"1": 2_500})

    assert "your payment of $75.00" in made.text
    assert "$25.00 of it is disputed" in made.text
    assert "$25.00 of it is disputed" in made.html
    assert "Total: $75.00" in made.text


def test_credits_are_netted_per_currency_and_never_below_nothing() -> None:
    both = (invoice("1", Money(10_000, "USD")), invoice("2", Money(2_000, "EUR")))
    held = (Money(3_000, "USD"), Money(5_000, "EUR"), Money(1, "GBP"))
    text = letter(*both, credits=held).text

    assert "To pay: $70.00" in text
    assert "Credit on your account: -$30.00" in text
    assert "To pay: €0.00" in text
    assert "£" not in text


def test_bank_details_come_first_where_they_are_preferred() -> None:
    one = invoice("1", Money(100, "USD"))
    first = letter(one, bank=replace(BANK, first=True), url="https://pay.example/1")
    after = letter(one, bank=replace(BANK, reference="Customer 7"), url="https://pay.example/1")

    for text in (first.text, first.html):
        assert text.index("IBAN DE02") < text.index("https://pay.example/1")
    for text in (after.text, after.html):
        assert text.index("https://pay.example/1") < text.index("IBAN DE02")
    assert "Payment reference: the invoice number" in first.text
    assert "Payment reference: Customer 7" in after.text
    assert "pay online" in first.text
    assert "IBAN" not in letter(one).text


def test_the_version_of_the_credit_policy_is_cited() -> None:
    both = (invoice("1", Money(100, "USD")), invoice("2", Money(100, "USD")))
    made = letter(*both, agreed={both[0].ref: 1, both[1].ref: 2})

    assert "Our credit policy, version 1, applies to INV-1." in made.text
    assert "Our credit policy, version 2, applies to INV-2." in made.html


def test_what_is_borne_for_being_late_stands_below_the_sums_and_is_in_none_of_them() -> None:
    both = (invoice("1", Money(100, "USD")), invoice("2", Money(100, "USD")))
    late = Late(date(2026, 3, 9), (Money(1_240, "USD"), Money(500, "EUR")))
    made = letter(*both, late=late)

    line = "Interest and charges for late payment, up to March 9, 2026, come to $12.40 and €5.00."
    assert made.text.index("Total: $2.00") < made.text.index(line)
    assert line in made.html
    plain = letter(*both)
    assert plain == letter(*both, late=Late(date(2026, 3, 9), ()))
    assert made.text.replace(f"{line} They are not part of the sums above.\n\n", "") == plain.text


def test_own_words_take_the_place_of_ours_in_their_language_alone() -> None:
    own = {("first_reminder", "en"): "Hm, {{ numbers }}\n\nDear {{ name }}, {{ days_late }} days."}
    one = invoice("1", Money(100, "USD"))

    assert letter(one, own=own).subject == "Hm, INV-1"
    assert "Dear Ann, 8 days." in letter(one, own=own).text
    assert letter(one, own=own, language="de").subject.startswith("Zahlungserinnerung")
    with pytest.raises(BadWording, match="gone is not known"):
        letter(one, own={("first_reminder", "en"): "{{ gone }}"})


def test_a_text_message_is_short_and_carries_the_link() -> None:
    text = letter(invoice("1", Money(100, "USD")), wording="sms_reminder", url="https://pay.example/1")

    assert text.html == ""
    assert text.text.strip().endswith("https://pay.example/1")
    assert len(text.text) < 160


def test_a_hostile_name_stays_text() -> None:
    hostile = letter(invoice("1", Money(100, "USD")), name="<script>alert(1)</script>{{ 7*7 }}\r\nBcc: all@x.example")

    assert "<script>" not in hostile.html
    assert "&lt;script&gt;" in hostile.html
    assert "{{ 7*7 }}" in hostile.text
    postbox = Postbox("127.0.0.1", 25, "Robin\r\nBcc: all@x.example", "accounts@business.example", security="none")
    to = [("Ann\nBcc: c", "ann@bakery.example")]
    mail = compose(replace(hostile, subject="a\r\nBcc: b"), postbox, to=to, key="k", now=NOW)
    assert mail["Bcc"] is None
    assert mail["Message-ID"] == "<k@business.example>"


def test_the_pay_link_is_in_both_versions() -> None:
    paid_by_link = letter(invoice("1", Money(100, "USD")), url="https://pay.example/i/1?a=1&b=2")

    assert "https://pay.example/i/1?a=1&b=2" in paid_by_link.text
    assert 'href="https://pay.example/i/1?a=1&amp;b=2"' in paid_by_link.html


def test_styles_stand_where_mail_programs_look_for_them() -> None:
    html = letter(invoice("1", Money(100, "USD"))).html

    assert "<style" not in html
    assert 'style="' in html
    assert "<!--" not in html


def test_what_is_kept_holds_marks_and_proves_the_whole() -> None:
    url = "https://pay.example/i/1?a=1&b=2"
    made = letter(invoice("1", Money(100, "USD")), invoice("2", Money(100, "USD")), url=url)
    stored = kept(made)

    assert "pay.example" not in stored.text + stored.html
    assert stored.text.count("[link 1]") == 2
    assert 'href="[link 1]"' in stored.html
    assert stored.text.replace("[link 1]", url) == made.text
    assert stored.digest == kept(made).digest
    assert stored.digest != kept(replace(made, text=made.text + " ")).digest
    assert kept(Letter("ab", "c", "")).digest != kept(Letter("a", "bc", "")).digest


def test_control_and_direction_characters_do_not_reach_a_header() -> None:
    assert one_line("a\u202eb\x00c\td\n\n e") == "a b c d e"
