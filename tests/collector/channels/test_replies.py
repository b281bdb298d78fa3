"""What a mail that came in is: answers, automatic answers, bounces and copies of our own, in the forms servers use."""

from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.channels.replies import Sort, read

OURS = frozenset({"accounts@northwind.example", "robin@northwind.example"})


def mail(text: str = "We pay on Friday.", **headers: str) -> bytes:
    message = EmailMessage()
    told = {"From": "Ann <ann@bakery.example>", "To": "accounts@northwind.example", "Subject": "Re: A reminder"}
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    for name, value in (told | {"Message-ID": "<m1@bakery.example>"} | given).items():
        message[name] = value
    message.set_content(text)
    return message.as_bytes()


def bounce(
    *blocks: str, returned: str = "Message-ID: <k1@northwind.example>", kind: str = "text/rfc822-headers"
) -> bytes:
    status = "\n\n".join(("Reporting-MTA: dns; mx.bakery.example", *blocks))
    return (
        "From: Mail Delivery <mailer-daemon@bakery.example>\nTo: accounts@northwind.example\n"
        "Subject: Undelivered\nMessage-ID: <b1@bakery.example>\nMIME-Version: 1.0\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=x\n\n"
        "--x\nContent-Type: text/plain\n\nSorry.\n"
        f"--x\nContent-Type: message/delivery-status\n\n{status}\n\n"
        f"--x\nContent-Type: {kind}\n\n{returned}\nSubject: A reminder\n\n--x--\n"
    ).encode()


FAILED = "Final-Recipient: rfc822; Ann@Bakery.example\nAction: failed\nStatus: 5.1.1"


def test_an_answer_says_whose_it_is_and_what_they_wrote_themselves() -> None:
    text = "We pay on Friday.\nAnn\n\nOn Tue, 10 Mar 2026, Robin wrote:\n> INV-1 is due\n"
    told = read(
        mail(
            text,
            In_Reply_To="<k2@northwind.example>",
            References="<k1@northwind.example> <k2@northwind.example>",
            To="accounts+abc123def456@northwind.example",
            Subject="=?utf-8?q?Re:_Rechnung_1042_=E2=80=93_INV-1?=",
        ),
        OURS,
    )

    assert (told.sort, told.sender, told.id) == (Sort.REPLY, "ann@bakery.example", "<m1@bakery.example>")
    assert told.keys == ("k2", "k1")
    assert told.plus == ("abc123def456",)
    assert ("1042", True) in told.numbers
    assert ("INV-1", False) in told.numbers
    assert told.text == "We pay on Friday.\nAnn"


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; owner=x"},
        {"X_Autoreply": "yes"},
        {"X_Autorespond": "x"},
        {"Precedence": "auto_reply"},
        {"Precedence": "Bulk"},
        {"From": "noreply@bakery.example"},
        {"From": "MAILER-DAEMON@bakery.example"},
        {"Subject": "Out of office: Re: A reminder"},
        {"Subject": "Automatic reply: A reminder"},
        {"Subject": "Re: Automatische Antwort: Mahnung"},
        {"Subject": "Abwesenheitsnotiz"},
        {"Subject": "Réponse automatique : facture"},
        {"Subject": "Respuesta automática: factura"},
        {"Subject": "Automatisch antwoord: factuur"},
    ],
)
def test_an_automatic_answer_is_told_from_a_persons(headers: dict[str, str]) -> None:
    assert read(mail(**headers), OURS).sort is Sort.AUTOMATIC


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "no"},
        {"Subject": "Your office: out of paper"},
        {"Subject": "Absolutely not"},
        {"Precedence": "first-class"},
        {"From": "norbert@bakery.example"},
    ],
)
def test_a_persons_answer_is_not_taken_for_a_machines(headers: dict[str, str]) -> None:
    assert read(mail(**headers), OURS).sort is Sort.REPLY


def test_a_copy_of_our_own_users_mail_is_a_contact_and_our_own_machines_is_nothing() -> None:
    own = read(
        mail(From="Robin <Robin@Northwind.example>", To="Ann <ann@bakery.example>", Cc="bo@bakery.example"), OURS
    )

    assert (own.sort, own.others) == (Sort.OURS, ("ann@bakery.example", "bo@bakery.example"))
    machine = mail(From="accounts@northwind.example", Auto_Submitted="auto-generated")
    assert read(machine, OURS).sort is Sort.NOTHING


def test_a_bounce_names_the_address_and_the_mail_that_came_back() -> None:
    told = read(bounce(FAILED), OURS)

    assert (told.sort, told.failed, told.keys) == (Sort.BOUNCE, ("ann@bakery.example",), ("k1",))
    whole = read(bounce(FAILED, kind="message/rfc822"), OURS)
    assert whole.keys == ("k1",)
    forwarded = "Original-Recipient: rfc822;ann@bakery.example\nFinal-Recipient: rfc822;x@y.example"
    assert read(bounce(f"{forwarded}\nAction: failed\nStatus: 5.7.1"), OURS).failed == ("ann@bakery.example",)
    assert read(bounce(FAILED, FAILED.replace("Ann", "bo")), OURS).failed == ("ann@bakery.example", "bo@bakery.example")


@pytest.mark.parametrize(
    "block",
    [
        "Final-Recipient: rfc822; ann@bakery.example\nAction: delayed\nStatus: 4.4.7",
        "Final-Recipient: rfc822; ann@bakery.example\nAction: failed\nStatus: 4.2.2",
        "Final-Recipient: rfc822; ann@bakery.example\nAction: delayed\nStatus: 5.0.0",
        "Final-Recipient: rfc822; ann@bakery.example\nAction: delivered\nStatus: 2.0.0",
        "Final-Recipient: rfc822; nobody\nAction: failed\nStatus: 5.1.1",
    ],
)
def test_what_may_pass_is_no_bounce(block: str) -> None:
    told = read(bounce(block), OURS)

    assert (told.sort, told.failed) == (Sort.NOTHING, ())


def test_a_page_is_read_as_text() -> None:
    page = EmailMessage()
    page["From"], page["Subject"] = "ann@bakery.example", "x"
    page.set_content("<style>p {}</style><p>We &amp; you<br>agree</p>", subtype="html")

    assert read(page.as_bytes()).text == "We & you\nagree"


@pytest.mark.parametrize(
    ("subject", "numbers"),
    [
        ("Invoice 1042", [("1042", True)]),
        ("Rechnung Nr. 1042/26", [("1042/26", True)]),
        ("Facture n° 77, 2026", [("2026", False)]),
        ("#1042", [("1042", True)]),
        ("Meeting 2026", [("2026", False)]),
        ("your INV-0001.", [("INV-0001", False)]),
        ("hello", []),
    ],
)
def test_numbers_in_a_subject_are_known_by_the_word_before(subject: str, numbers: list[tuple[str, bool]]) -> None:
    assert list(read(mail(Subject=subject)).numbers) == numbers


@given(st.binary(max_size=400))
def test_nothing_that_comes_in_breaks_the_reader(raw: bytes) -> None:
    read(raw, OURS)


@given(
    st.text(alphabet=st.characters(max_codepoint=255), max_size=80),
    st.sampled_from(["From", "Subject", "References", "To"]),
)
def test_no_header_breaks_the_reader(words: str, name: str) -> None:
    head = f"{name}: {words}\n".encode("latin-1")
    told = read(head + b"Content-Type: text/plain; charset=nonsense\n\nHello")

    assert len(told.subject) <= 200
    assert "\n" not in told.subject
