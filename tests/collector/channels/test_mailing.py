"""Mail as it leaves: threads, answer addresses, attachments that fit, nothing smuggled, and every way to sign in."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from hypothesis import given
from hypothesis import strategies as st

from collector.channels.composing import compose_parcel, inlined, sendable, written
from collector.channels.port import Attachment, Carriers, Parcel, WrongAddress
from collector.channels.smtp import MailCarrier, Postbox
from collector.policy import Channel
from integrations.contract import Lookup
from integrations.errors import Refused, TryLater
from sandbox.mailbox import Mailbox

NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
PARCEL = Parcel(
    "c1/ann", (("Ann", "ann@bakery.example"),), "A reminder", "Hello\n", "<html><body><p>Hello</p></body></html>"
)
POSTBOX = Postbox("127.0.0.1", 25, "Robin", "accounts@northwind.example", security="none")


def composed(parcel: Parcel = PARCEL, postbox: Postbox = POSTBOX) -> EmailMessage:
    raw = written(compose_parcel(parcel, postbox, key="k1", now=NOW))
    return message_from_bytes(raw, policy=policy.default)


def test_a_mail_says_it_was_made_by_a_machine_and_offers_no_unsubscribing_of_its_own() -> None:
    mail = composed()

    assert mail["Message-ID"] == "<k1@northwind.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["From"] == "Robin <accounts@northwind.example>"
    for absent in ("List-Unsubscribe", "References", "In-Reply-To", "Reply-To"):
        assert mail[absent] is None


def test_a_follow_up_stands_below_what_went_before() -> None:
    mail = composed(replace(PARCEL, earlier=("<a@x.example>", "broken\r\nBcc: y", "<b@x.example>")))

    assert mail["References"] == "<a@x.example> <b@x.example>"
    assert mail["In-Reply-To"] == "<b@x.example>"


def test_every_customer_has_an_answer_address_where_the_mailbox_takes_it() -> None:
    parcel = replace(PARCEL, reply_key="abc123")

    assert composed(parcel)["Reply-To"] is None
    assert composed(parcel, replace(POSTBOX, reply_to="office@x.example"))["Reply-To"] == "office@x.example"
    assert composed(parcel, replace(POSTBOX, reply_plus=True))["Reply-To"] == "accounts+abc123@northwind.example"
    to_office = replace(POSTBOX, reply_plus=True, reply_to="office@x.example")
    assert composed(parcel, to_office)["Reply-To"] == "office+abc123@x.example"
    assert composed(PARCEL, to_office)["Reply-To"] == "office@x.example"
    with pytest.raises(Refused):
        composed(replace(parcel, reply_key="a@b"), to_office)


def test_unsubscribing_is_offered_where_a_rule_demands_it() -> None:
    by_page = composed(replace(PARCEL, unsubscribe="https://x.example/u/1"))
    by_mail = composed(replace(PARCEL, unsubscribe="mailto:stop@x.example"))

    assert by_page["List-Unsubscribe"] == "<https://x.example/u/1>"
    assert by_page["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert by_mail["List-Unsubscribe-Post"] is None
    for wrong in ("http://x.example", "https://x.example/\r\nBcc: all@x.example", "https://x>,<mailto:a@b.c"):
        with pytest.raises(Refused):
            composed(replace(PARCEL, unsubscribe=wrong))


@pytest.mark.parametrize(
    "address",
    [
        "ann@bakery.example\r\nBcc: all@x.example",
        "ann@bakery.example\x00",
        "ann\u202e@bakery.example",
        "ann@bakery.example, eve@x.example",
        "<ann@bakery.example>",
        "ann bakery.example",
        "@bakery.example",
        "ann@",
        "ann@bak ery.example",
        "änn@bakery.example",
        "ann@-.example",
    ],
)
def test_an_address_that_is_none_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(Refused) as refused:
        composed(replace(PARCEL, to=(("Ann", address),)))

    assert "bakery" not in str(refused.value)


def test_a_domain_in_other_letters_is_written_as_mail_servers_know_it() -> None:
    assert sendable("ann@faß.example") == "ann@xn--fa-hia.example"
    assert sendable("Ann.O'Neil+x@Bakery.example") == "Ann.O'Neil+x@bakery.example"


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_no_words_become_a_header(subject: str, name: str, sender: str) -> None:
    parcel = replace(PARCEL, subject=f"a{subject}", to=((name, "ann@bakery.example"),))

    raw = written(compose_parcel(parcel, replace(POSTBOX, sender_name=sender), key="k1", now=NOW))

    head = raw.partition(b"\r\n\r\n")[0]
    assert max(map(len, head.split(b"\r\n"))) <= 998
    names = [line.partition(b":")[0] for line in head.split(b"\r\n") if line[:1] not in (b" ", b"\t")]
    assert names == [
        *(b"Subject", b"From", b"To", b"Date", b"Message-ID", b"Auto-Submitted", b"MIME-Version", b"Content-Type")
    ]


def test_letters_of_every_kind_arrive_as_they_were_written() -> None:
    long = tuple(f"<{'x' * 40}{number}@northwind.example>" for number in range(30))
    words = "Grüße 😀 “1 = 1”  \n.\nFrom here\n" + "ä" * 300 + "\n"
    to = tuple((f"Änn {number}, Bäckerei & Co", f"ann{number}@bakery.example") for number in range(9))
    parcel = replace(PARCEL, subject=f"Mahnung für {'ü' * 90}", text=words, to=to, earlier=long, html=f"<p>{words}</p>")
    attached = Attachment("Rechnung für März.pdf", bytes(range(256)) * 40)

    mail = composed(replace(parcel, attachments=(attached,)), replace(POSTBOX, sender_name="Jürgen, Büro"))

    assert mail["Subject"] == parcel.subject
    assert [(one.display_name, one.addr_spec) for one in mail["To"].addresses] == list(to)
    assert mail["From"].addresses[0].display_name == "Jürgen, Büro"
    assert mail["References"].split() == list(long[-20:])
    bodies = [mail.get_body((kind,)).get_content() for kind in ("plain", "html")]  # type: ignore[union-attr]
    assert [body.replace("\r\n", "\n") for body in bodies] == [words, f"<p>{words}</p>\n"]
    (part,) = mail.iter_attachments()
    assert (part.get_filename(), part.get_content()) == (attached.name, attached.content)
    assert mail.defects == []


def test_what_fits_is_attached_and_of_the_rest_the_text_says_where_it_is() -> None:
    small, large = Attachment("INV-1.pdf", b"%PDF-1"), Attachment("proof.pdf", b"x" * 9000, link="https://x.example/p")
    unlinked = replace(large, name="photo.pdf", link="")
    parcel = replace(PARCEL, attachments=(large, small, unlinked))

    mail = composed(parcel, replace(POSTBOX, attachments_max_bytes=5000))

    (attached,) = mail.iter_attachments()
    assert (attached.get_filename(), attached.get_content_type()) == ("INV-1.pdf", "application/pdf")
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    page = mail.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert "proof.pdf is too large to be attached; it is here: https://x.example/p" in text
    assert "photo.pdf is too large to be attached; reply to this message and we will send it another way." in text
    assert page.index("proof.pdf") < page.index("</body>")
    german = composed(replace(parcel, language="de_AT"), replace(POSTBOX, attachments_max_bytes=5000))
    assert "proof.pdf ist zu groß" in german.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    whole = composed(parcel)
    assert len(list(whole.iter_attachments())) == 3


def test_a_files_name_is_fit_for_every_disk() -> None:
    mail = composed(replace(PARCEL, attachments=(Attachment('../a:b"\r\nBcc: x.pdf', b"x"),)))

    (attached,) = mail.iter_attachments()
    assert attached.get_filename() == "-a-b- Bcc- x.pdf"


def test_styles_stand_where_mail_programs_look_for_them() -> None:
    assert 'style="color: red' in inlined(
        "<html><head><style>p {color: red}</style></head><body><p>x</p></body></html>"
    )
    assert inlined("<p>x</p>") == "<p>x</p>"


def test_only_mail_that_is_set_up_goes() -> None:
    usual = MailCarrier(POSTBOX)
    carriers = Carriers({"": usual, "legal": usual}, {})

    assert carriers.of(Channel.MAIL, "legal") is usual
    assert carriers.missing(Channel.MAIL) == carriers.missing(Channel.PLATFORM) == ""
    assert "[mail.servers.sales]" in carriers.missing(Channel.MAIL, "sales")
    assert carriers.missing(Channel.SMS) == "Text messages are not set up; see [sms] in the configuration."
    assert "[mail]" in Carriers().missing(Channel.MAIL, "sales")
    assert carriers.ready() == {Channel.MAIL}
    assert usual.found("k", NOW) is Lookup.CANNOT_TELL


# --- over the wire -------------------------------------------------------------------------------------------------


@dataclass
class Server:
    """A mail server that wants to know who comes."""

    port: int = 0
    tokens: list[str] = field(default_factory=list)
    refusal: str = ""
    unknown: str = "550 5.1.1 no such user"

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        good = isinstance(data, LoginPassword) and (data.login, data.password) == (b"robin", b"right")
        return AuthResult(success=good, handled=False if not good and not self.refusal else good)

    async def auth_XOAUTH2(self, server: Any, args: list[str]) -> AuthResult:  # noqa: N802 - aiosmtpd's
        import base64

        told = base64.b64decode(args[1]).decode()
        self.tokens.append(told)
        if "auth=Bearer fresh" in told:
            return AuthResult(success=True)
        await server.challenge_auth('{"status":"401"}')
        await server.push("535 5.7.3 authentication unsuccessful")
        return AuthResult(success=False, handled=True)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address.startswith("gone"):
            return self.unknown
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's
        return "250 taken"


@contextmanager
def serving(server: Server, **options: Any) -> Iterator[Server]:
    probe = Mailbox("127.0.0.1")
    host, _, port = probe.start(0).partition(":")
    probe.stop()
    controller = Controller(server, hostname=host, port=int(port), **options)
    controller.start()
    server.port = controller.port
    try:
        yield server
    finally:
        controller.stop()


def send(server: Server, to: str = "ann@bakery.example", **changes: Any) -> str:
    postbox = replace(POSTBOX, port=server.port, **changes)
    return MailCarrier(postbox).deliver(replace(PARCEL, to=(("Ann", to),)), key="k1", now=NOW).id


@pytest.mark.parametrize("security", ["starttls", "tls", "none"])
def test_we_sign_in_over_every_kind_of_line(certificate: ssl.SSLContext, security: str) -> None:
    server = Server()
    options: dict[str, Any] = {"authenticator": server.authenticate, "auth_require_tls": False}
    options |= {"tls": {"ssl_context": certificate}, "starttls": {"tls_context": certificate}}.get(security, {})
    with serving(server, **options):
        host = "127.0.0.1" if security == "none" else "localhost"
        assert send(server, host=host, security=security, user="robin", password="right") == "<k1@northwind.example>"
        with pytest.raises(Refused, match=r"correct user and password in \[mail.servers.x\], then send what is parked"):
            send(server, host=host, security=security, user="robin", password="no", section="[mail.servers.x]")


def test_a_certificate_that_is_not_the_servers_is_named(certificate: ssl.SSLContext) -> None:
    with (
        serving(Server(), tls_context=certificate) as server,
        pytest.raises(TryLater, match=r"not valid for 127\.0\.0\.1"),
    ):
        send(server, security="starttls")


def test_a_server_without_starttls_is_never_spoken_to_in_the_open() -> None:
    with serving(Server()) as server, pytest.raises(Refused, match="no STARTTLS"):
        send(server, security="starttls")


def test_a_token_stands_for_a_password(certificate: ssl.SSLContext) -> None:
    server = Server()
    with serving(server, auth_require_tls=False):
        send(server, user="robin@northwind.example", token=lambda: "fresh")
        with pytest.raises(Refused, match=r"oauth_refresh_token in \[mail\]"):
            send(server, user="robin@northwind.example", token=lambda: "stale")

    assert server.tokens[0] == "user=robin@northwind.example\x01auth=Bearer fresh\x01\x01"


def test_a_mailbox_nobody_has_is_told_apart_from_other_refusals() -> None:
    with serving(Server()) as server:
        with pytest.raises(WrongAddress) as refused:
            send(server, to="gone@bakery.example")
        server.unknown = "550 5.7.1 not from you"
        with pytest.raises(Refused) as other:
            send(server, to="gone@bakery.example")

    assert refused.value.address == "gone@bakery.example"
    assert not isinstance(other.value, WrongAddress)
    assert "gone" not in f"{refused.value} {other.value}"


def test_a_server_that_is_not_there_did_nothing() -> None:
    with serving(Server()) as server:
        pass
    with pytest.raises(TryLater) as away:
        send(server)

    assert not away.value.may_have_acted


@pytest.fixture
def sink() -> Iterator[tuple[Mailbox, int]]:
    box = Mailbox("127.0.0.1")
    port = int(box.start(0).rpartition(":")[2])
    yield box, port
    box.stop()


@pytest.mark.parametrize(
    ("answer", "error", "acted"), [("451", TryLater, False), ("550", Refused, None), ("drop", TryLater, True)]
)
def test_what_came_of_the_text_is_said_as_it_is(
    sink: tuple[Mailbox, int], answer: str, error: type[Exception], acted: bool | None
) -> None:
    box, port = sink
    box.answers.append(answer)

    with pytest.raises(error) as trouble:
        MailCarrier(replace(POSTBOX, port=port)).deliver(PARCEL, key="k1", now=NOW)

    assert getattr(trouble.value, "may_have_acted", None) is acted


def test_whoever_gets_a_copy_is_named_as_such(sink: tuple[Mailbox, int]) -> None:
    box, port = sink
    deliver: Callable[..., Any] = MailCarrier(replace(POSTBOX, port=port)).deliver

    deliver(replace(PARCEL, copies=(("Bo", "bo@faß.example"),)), key="k1", now=NOW)

    (mail,) = box.mails()
    assert mail.recipients == ("ann@bakery.example", "bo@xn--fa-hia.example")
    assert (mail.message["To"], mail.message["Cc"]) == ("Ann <ann@bakery.example>", "Bo <bo@xn--fa-hia.example>")
    assert composed()["Cc"] is None
