"""The careful colleague who reads along: what must be found, however it is dressed up, and what must not be."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.law.rule import Operator
from collector.wording.lint import categories, lint

LETTERS = sorted(
    path for path in (Path(__file__).parents[3] / "collector" / "wording" / "letters").rglob("*") if path.is_file()
)

BAD = {
    "crime": [
        "If we do not hear from you, you will be arrested.",
        "There could be a warrant for your arrest.",
        "Not paying is a criminal offence.",
        "You have committed fraud.",
        "We shall report the matter to the police.",
        "Wir werden Strafanzeige stellen.",
        "Darauf steht Gefängnis.",
        "Sonst wird die Polizei eingeschaltet: wir werden die Polizei informieren.",
        "Nous allons porter plainte.",
        "Wij doen aangifte bij de politie.",
        "Presentaremos una denuncia penal.",
    ],
    "false_authority": [
        "Our lawyers have looked at your file.",
        "The bailiffs are on their way.",
        "OFFICIAL NOTICE",
        "NOTICE OF INTENT TO SUE",
        "Authorised by the court",
        "Unsere Rechtsabteilung prüft Ihren Fall.",
        "Der Gerichtsvollzieher kommt am Montag.",
        "Amtliche Mahnung",
        "Un huissier passera chez vous.",
        "De deurwaarder komt langs.",
    ],
    "legal_threat": [
        "We will not hesitate and we will take you to court.",
        "We intend to start legal proceedings.",
        "Legal action will follow.",
        "Pay today to avoid court.",
        "We must sue.",
        "Wir werden Klage erheben.",
        "Andernfalls leiten wir gerichtliche Schritte ein.",
        "Das gerichtliche Mahnverfahren folgt.",
        "Nous engagerons une action en justice.",
        "Wij nemen juridische stappen.",
        "Iniciaremos acciones legales.",
    ],
    "seizure": [
        "Your wages can be garnished.",
        "We can seize all of your property.",
        "We could put a lien on your house.",
        "Es folgt die Lohnpfändung.",
        "Dann droht die Zwangsvollstreckung.",
        "Wij leggen beslag: beslag leggen op uw loon.",
    ],
    "credit_threat": [
        "This may damage your credit score.",
        "We will report you to the credit bureaus.",
        "You will be blacklisted.",
        "Wir melden das der SCHUFA.",
        "Sie kommen auf die schwarze Liste.",
        "Inscription au FICP",
    ],
    "telling_others": [
        "We will tell your employer about this.",
        "Your family will be informed.",
        "We'll have to inform your customers.",
        "We will publish your name online.",
        "We keep a wall of shame.",
        "Wir werden Ihren Arbeitgeber informieren.",
        "Wir machen es öffentlich, bis es öffentlich machen jeder tut.",
        "Nous appelons votre employeur.",
    ],
    "shaming": [
        "Only a deadbeat lets it come to this.",
        "You should be ashamed.",
        "Honest people pay their bills.",
        "Pay the damn invoice.",
        "You are dishonest.",
        "Sie sollten sich schämen.",
        "Das ist unverschämt.",
        "Sie sind ein Betrüger.",
        "Ehrliche Kunden zahlen.",
        "C'est honteux.",
        "U bent een wanbetaler.",
        "Es usted un sinvergüenza.",
    ],
    "menace": [
        "We know where you live.",
        "We are sending someone to your house.",
        "You will regret this.",
        "Think of your visa application.",
        "Wir wissen, wo Sie wohnen.",
        "Sie werden das bereuen.",
        "Nous savons où vous habitez.",
    ],
    "rights_denied": [
        "You can no longer dispute this invoice.",
        "No excuses.",
        "No objections will be accepted.",
        "By paying you waive all claims.",
        "Einwände sind ausgeschlossen.",
        "Keine Ausreden!",
        "Vous ne pouvez plus contester.",
    ],
    "made_up_costs": [
        "You owe 100.00 plus all legal costs.",
        "A processing fee applies.",
        "The interest will keep growing.",
        "zzgl. Mahngebühren",
        "Es werden weitere Kosten anfallen: weitere Kosten entstehen.",
    ],
    "revival": [
        "Just a small payment keeps us happy.",
        "Please confirm that you owe this.",
        "Bitte unterschreiben Sie das Schuldanerkenntnis.",
    ],
    "sale_threat": [
        "We will sell the debt and you will lose your rights.",
        "They will not be as patient as we are.",
        "We work with aggressive collectors.",
    ],
    "disguise": ["Re: your order", "AW: Termin", "You've won", "You missed a delivery", "Sie haben gewonnen"],
    "insolvency": [
        "Despite your bankruptcy the sum is due.",
        "Trotz Ihrer Insolvenz bitten wir um Zahlung.",
        "Sign here to reaffirm.",
    ],
    "private_data": [
        "Card 4242 4242 4242 4242",
        "Your number is 123-45-6789.",
        "IBAN DE89 3704 0044 0532 0130 00",
        "Because of your depression we wait.",
        "Type your password here.",
    ],
    "outside_collector": [
        "This is an attempt to collect a debt.",
        "Acme Recovery Services",
        "Ihr Inkassobüro",
    ],
}

GOOD = [
    ("en", "Invoice 1042 from Acme Ltd is now 14 days late. Please pay by 12 December 2026, or tell us what is wrong."),
    (
        "en",
        "If you think this invoice is wrong, please reply and we will look into it. You may dispute it at any time.",
    ),
    ("en", "Please pay or else tell us when we may expect it."),
    ("en", "You can pay with your Visa card or by bank transfer. Please contact your bank if a transfer failed."),
    ("en", "This is our final reminder. After this letter a person will look at your account."),
    (
        "en",
        "Please forward this to your accounts team, and inform your colleagues.",
    ),
    ("en", "Interest of 11.75% a year for 37 days: 1.20. Fixed sum under the law: 40.00."),
    ("en", "If this stays unpaid after 5 January we plan to pass it to ABC Agency. You will hear from us first."),
    (
        "en",
        "If things are hard right now, we can agree on instalments. We would rather hear from you than write.",
    ),
    ("en", "Are you going to pay for this invoice this week? The invoice may be lying in somebody's inbox."),
    ("en", "Call us on 0044 20 7946 0958 or reply to this message. Reference RE1042."),
    ("en", "We have suspended the service until the account is settled. Nobody else has been told."),
    ("en", "The balance includes the damaged goods we agreed to credit. Hello again, and thank you for your patience."),
    (
        "de",
        "Die Rechnung 1042 ist seit 14 Tagen fällig. Bitte zahlen Sie bis zum 12. Dezember oder melden Sie sich.",
    ),
    ("de", "Falls Sie die Rechnung nicht nachvollziehen können, helfen wir gern. Es wird draußen wieder hell."),
    ("de", "Letzte Mahnung: Bitte überweisen Sie den offenen Betrag. Wir bieten Ihnen gern eine Ratenzahlung an."),
    ("de", "Unsere Bankverbindung finden Sie unten. Bei Fragen antworten Sie einfach auf diese E-Mail."),
    ("fr", "La facture 1042 est échue depuis 14 jours. Une indemnité forfaitaire de 40 euros peut s'ajouter."),
    ("nl", "Factuur 1042 is 14 dagen te laat. Na veertien dagen bedragen de incassokosten 40,00 euro."),
    ("es", "La factura 1042 venció hace 14 días. Si algo no es correcto, responda a este mensaje."),
]


def found(text: str, language: str = "en", operator: Operator = Operator.BUSINESS) -> set[str]:
    return {finding.category for finding in lint(text, language, operator=operator)}


@pytest.mark.parametrize(("category", "text"), [(name, text) for name, texts in BAD.items() for text in texts])
def test_what_must_not_be_said_is_found(category: str, text: str) -> None:
    assert category in found(text)
    assert category in found(text.upper(), "de")


@pytest.mark.parametrize(("language", "text"), GOOD)
def test_what_may_be_said_is_left_alone(language: str, text: str) -> None:
    assert lint(text, language, operator=Operator.BUSINESS) == []


@pytest.mark.parametrize("letter", LETTERS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_every_letter_that_comes_with_duewell_passes(letter: Path) -> None:
    assert lint(letter.read_text(encoding="utf-8"), letter.parent.name, operator=Operator.BUSINESS) == []


def test_there_are_letters() -> None:
    assert len(LETTERS) >= 5


def test_a_finding_names_the_phrase_and_says_why_and_what_instead() -> None:
    (finding,) = lint("Dear Ms Quill,\n\nwe will tell\nyour   employer.", "en", operator=Operator.BUSINESS)

    assert (finding.phrase, finding.category) == ("tell your employer", "telling_others")
    assert str(finding) == (
        "“tell your employer”: telling other people. What somebody owes is nobody else's business, and the law says "
        "so nearly everywhere. Ask to be put in touch with the right person instead."
    )


def test_each_phrase_is_told_once_in_the_order_of_the_categories() -> None:
    text = "Shame on you. You will be arrested. Shame on you."

    assert [one.phrase for one in lint(text, "en", operator=Operator.BUSINESS)] == [
        "you will be arrested",
        "shame on you",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "a deadbeat",
        "a DEAD\u00adBEAT",
        "a dead\u200bbeat",
        "a d\u0435adb\u0435\u0430t",
        "a \uff44\uff45\uff41\uff44\uff42\uff45\uff41\uff54",
        "a \U0001d41d\U0001d41e\U0001d41a\U0001d41d\U0001d41b\U0001d41e\U0001d41a\U0001d42d",
        "a de\u0301adbeat",
        "a d\u0336e\u0336adbeat",
        "a dead&#98;eat",
        "a dead<b>beat</b>",
        "a dead<!-- x -->beat",
        "a dead{# nothing #}beat",
        "a dead{% if one %}{% endif %}beat",
        "a {% if one %}deadbeat{% else %}deadbeat{% endif %}",
        "a {{ 'dead' }}beat",
        'a {{ "deadbeat" if one else "customer" }}',
        "a {% set word = 'deadbeat' %}",
        "a dead-\n  beat",
        "a dead-\r\nbeat",
        "a{{ name }}deadbeat",
        "a <deadbeat>",
    ],
)
def test_no_disguise_helps(text: str) -> None:
    assert "shaming" in found(text)


@pytest.mark.parametrize(
    "text",
    ["{% if deadbeat %}Hello{% endif %}", "{# deadbeat #}Hello", "{{ deadbeat }}", "x_deadbeat", "undeadbeat"],
)
def test_only_whole_words_that_are_printed_count(text: str) -> None:
    assert "shaming" not in found(text)


def test_a_phrase_ends_with_its_sentence() -> None:
    assert "legal_threat" in found("We will in the very end sue you.")
    assert "legal_threat" not in found("We will call. Sue is on holiday.")
    assert "legal_threat" not in found("We will " + "very " * 20 + "reluctantly sue.")


def test_a_phrase_may_cross_lines() -> None:
    assert "menace" in found("We know\nwhere\r\n\tyou live")
    assert "menace" in found("We know\u00a0where\u2003you live")


def test_some_words_are_only_rude_in_one_language() -> None:
    assert "shaming" in found("Go to hell", "en-GB")
    assert "shaming" in found("Go to hell", "EN")
    assert "shaming" not in found("Es ist hell", "de")


def test_an_agency_may_say_that_it_is_one() -> None:
    text = "This is an attempt to collect a debt."

    assert found(text, operator=Operator.BOOKKEEPER) == {"outside_collector"}
    assert found(text, operator=Operator.AGENCY) == set()


def test_a_false_reply_is_one_only_at_the_start() -> None:
    assert "disguise" in found("  Fwd: your invoice")
    assert "disguise" not in found("Invoice 7, re: your order")
    assert "disguise" not in found("Reminder: invoice 7")


@pytest.mark.parametrize("number", ["4242424242424242", "4242-4242-4242-4242", "3782 822463 10005"])
def test_card_numbers(number: str) -> None:
    assert "private_data" in found(f"Card {number}.")
    assert "private_data" not in found(f"Invoice 1{number}9.")


def test_every_category_is_whole_and_has_an_example() -> None:
    assert {category.id for category in categories()} == set(BAD)
    for category in categories():
        assert category.why.endswith(".")
        assert category.suggestion.endswith((".", "”"))
        assert category.anywhere


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    lint(text, "en", operator=Operator.BUSINESS)
