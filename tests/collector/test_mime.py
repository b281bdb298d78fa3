"""What is put together reads back the same in the standard library's own parser."""

from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.mime import Part, mail_bytes

printable = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]) | st.just(" "), max_size=200)
lines = st.lists(printable, max_size=6).map("\n".join)


def parsed(raw: bytes) -> EmailMessage:
    found = message_from_bytes(raw, policy=policy.SMTP)
    assert isinstance(found, EmailMessage)
    return found


def words(part: "EmailMessage | MIMEPart | None") -> str:
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n").removesuffix("\n")


@given(printable.map(str.strip), lines, lines)
def test_what_goes_in_comes_out(subject: str, text: str, html: str) -> None:
    squeezed = " ".join(subject.split())
    raw = mail_bytes([("Subject", squeezed), ("To", "Ann <ann@bakery.example>")], text, f"<p>{html}</p>")
    mail = parsed(raw)

    assert mail["To"] == "Ann <ann@bakery.example>"
    assert " ".join(mail["Subject"].split()) == squeezed
    assert words(mail.get_body(("plain",))) == text.removesuffix("\n")
    assert words(mail.get_body(("html",))) == f"<p>{html}</p>"
    assert all(len(line) <= 998 and b"\n" not in line for line in raw.split(b"\r\n"))


def test_attachments_come_along_under_their_names() -> None:
    parts = [Part("Rechnung Ä 1.pdf", b"%PDF" + bytes(range(256)), "application/pdf"), Part('a"b.txt', b"")]
    mail = parsed(mail_bytes([("Subject", "x")], "Hi.", "<p>Hi.</p>", parts))

    found = list(mail.iter_attachments())
    assert [one.get_filename() for one in found] == ["Rechnung Ä 1.pdf", 'a"b.txt']
    assert found[0].get_payload(decode=True) == parts[0].content
    assert found[0].get_content_type() == "application/pdf"
    assert words(mail.get_body(("plain",))) == "Hi."


def test_a_plain_mail_has_one_part_and_equal_values_give_equal_bytes() -> None:
    raw = mail_bytes([("Subject", "x")], "Hi.\n.\nFrom here\n")

    assert parsed(raw).get_content_type() == "text/plain"
    assert words(parsed(raw)) == "Hi.\n.\nFrom here"
    assert raw == mail_bytes([("Subject", "x")], "Hi.\n.\nFrom here\n")


def test_long_headers_are_folded() -> None:
    numbers = ", ".join(f"<{at}@northwind.example>" for at in range(30))
    raw = mail_bytes([("References", numbers)], "x")

    assert max(map(len, raw.split(b"\r\n"))) <= 78
    assert parsed(raw)["References"] == numbers


@pytest.mark.parametrize("value", ["a\r\nBcc: b", "a\nb", "a\rb"])
def test_nothing_is_smuggled_into_a_header(value: str) -> None:
    with pytest.raises(ValueError, match="Subject holds a line break"):
        mail_bytes([("Subject", value)], "x")
