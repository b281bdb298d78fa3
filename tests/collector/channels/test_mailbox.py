"""Reading by IMAP over a real socket: only looking, each mail once, and clear words when the door stays shut."""

import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage

import pytest

from collector.channels import mailbox
from collector.channels.mailbox import Letterbox, Place, fetch
from integrations.errors import Refused, TryLater
from sandbox.inbox import PASSWORD, TOKEN, USER, Inbox, InboxServer


@pytest.fixture
def server() -> Iterator[InboxServer]:
    running = InboxServer("127.0.0.1")
    yield running
    running.stop()


@pytest.fixture
def box(server: InboxServer) -> Letterbox:
    host, _, port = server.start(0).partition(":")
    return Letterbox(host, int(port), USER, security="none", password=PASSWORD, timeout=5.0)


def put(inbox: Inbox, *subjects: str) -> None:
    for subject in subjects:
        mail = EmailMessage()
        mail["From"], mail["Subject"] = "ann@bakery.example", subject
        mail.set_content("Hello")
        inbox.put(mail)


def subjects(fresh: mailbox.Fresh) -> list[str]:
    return [raw.decode().partition("Subject: ")[2].partition("\r\n")[0] for _, raw in fresh.mails]


def test_a_first_look_begins_at_the_present_end_and_then_each_mail_comes_once(
    server: InboxServer, box: Letterbox
) -> None:
    put(server.inbox, "old")
    first = fetch(box, None)
    put(server.inbox, "one", "two")
    second = fetch(box, first.end)
    third = fetch(box, second.end)

    assert subjects(first) == []
    assert subjects(second) == ["one", "two"]
    assert [place for place, _ in second.mails] == [Place(7001, 2), Place(7001, 3)]
    assert (subjects(third), third.end) == ([], second.end)
    assert server.inbox.touched == []


def test_an_empty_folder_and_one_whose_last_mail_was_deleted(server: InboxServer, box: Letterbox) -> None:
    assert fetch(box, None).end == Place(7001, 0)
    put(server.inbox, "one", "two")
    end = fetch(box, Place(7001, 0)).end
    server.inbox.mails.clear()

    assert fetch(box, end).end == end


def test_a_folder_numbered_anew_is_read_again_from_near_its_end(server: InboxServer, box: Letterbox) -> None:
    put(server.inbox, "one", "two")
    end = fetch(box, None).end
    server.inbox.mails.pop(1)
    server.inbox.renumber()
    put(server.inbox, "three")

    fresh = fetch(box, end)

    assert fresh.again
    assert subjects(fresh) == ["two", "three"]
    assert fresh.end == Place(7002, 2)


def test_many_mails_come_in_lots(server: InboxServer, box: Letterbox) -> None:
    put(server.inbox, *(str(number) for number in range(203)))

    first = fetch(box, Place(7001, 0))
    rest = fetch(box, first.end)

    assert len(first.mails) == 200
    assert subjects(rest) == ["200", "201", "202"]


def test_of_a_huge_mail_only_the_beginning_is_read(server: InboxServer, box: Letterbox) -> None:
    server.inbox.put(b"Subject: huge\r\n\r\n" + b"x" * 400_000)

    ((_, raw),) = fetch(box, Place(7001, 0)).mails

    assert len(raw) == mailbox.BYTES_MAX


def test_a_token_signs_in(server: InboxServer, box: Letterbox) -> None:
    fetch(replace(box, token=lambda: TOKEN, password=""), None)
    with pytest.raises(Refused, match=r"correct user and oauth_refresh_token in \[mailbox\]"):
        fetch(replace(box, token=lambda: "stale"), None)


def test_a_shut_door_is_named(server: InboxServer, box: Letterbox) -> None:
    with pytest.raises(Refused, match=r"does not let us in; correct user and password in \[mailbox\]"):
        fetch(replace(box, password="wrong"), None)
    with pytest.raises(Refused, match="no folder 'Answers'"):
        fetch(replace(box, folder="Answers"), None)
    with pytest.raises(Refused, match="in the open"):
        fetch(replace(box, host="mail.example"), None)


def test_over_tls_only_the_right_server_is_believed(certificate: ssl.SSLContext) -> None:
    server = InboxServer("127.0.0.1", certificate)
    port = int(server.start(0).rpartition(":")[2])
    box = Letterbox("localhost", port, USER, password=PASSWORD, timeout=5.0)
    put(server.inbox, "one")

    assert subjects(fetch(box, Place(7001, 0))) == ["one"]
    with pytest.raises(TryLater, match=r"not valid for 127\.0\.0\.1"):
        fetch(replace(box, host="127.0.0.1"), None)
    server.stop()


def test_a_line_that_breaks_is_tried_later(server: InboxServer, box: Letterbox) -> None:
    put(server.inbox, "one")
    server.inbox.drops = 1
    with pytest.raises(TryLater):
        fetch(box, Place(7001, 0))

    assert subjects(fetch(box, Place(7001, 0))) == ["one"]
    server.stop()
    with pytest.raises(TryLater, match="cannot be read"):
        fetch(box, None)


def test_somebody_who_speaks_no_imap_is_not_waited_for_long() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        stranger = Letterbox("127.0.0.1", silent.getsockname()[1], USER, security="none", timeout=0.2)
        with pytest.raises(TryLater):
            fetch(stranger, None)


@pytest.mark.parametrize(
    ("text", "place"), [("7:9", Place(7, 9)), ("", None), ("7", None), ("a:b", None), ("7:-1", None)]
)
def test_a_place_is_written_and_read_back(text: str, place: Place | None) -> None:
    assert Place.of(text) == place
    if place is not None:
        assert str(place) == text
