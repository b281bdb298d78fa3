"""What the doctor says of a sender's domain: every state of SPF, DKIM and DMARC, and name servers that are silent."""

import socket
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import pytest

from duewell.config import Settings
from duewell.config_ways import Answers, Letters, Mail, MailServer, Sms
from duewell.examining_ways import ways
from duewell.findings import Finding
from duewell.sender_domain import Domain, NoAnswer, check, txt_records
from duewell.wiring import House, build

NAME = "northwind.co"
GOOD = {
    NAME: ["google-site-verification=x", "v=spf1 include:_spf.mail.co ~all"],
    f"s1._domainkey.{NAME}": ["v=DKIM1; k=rsa; p=MIGf"],
    f"_dmarc.{NAME}": ["v=DMARC1; p=quarantine"],
}


def found(changes: dict[str, Sequence[str]] | None = None, selector: str = "s1") -> dict[str, Finding]:
    records = {**GOOD, **(changes or {})}
    told = check(Domain(NAME, selector), lambda name: records.get(name, []))
    return {one.what.split()[0]: one for one in told}


def test_a_domain_that_is_set_up_well_is_fine_in_all_three() -> None:
    assert {what: one.level for what, one in found().items()} == {"SPF": "fine", "DKIM": "fine", "DMARC": "fine"}


@pytest.mark.parametrize(
    ("records", "level", "words"),
    [
        ([], "wrong", "there is no SPF record"),
        (["v=spf10 -all"], "wrong", "there is no SPF record"),
        (["v=spf1 -all", "v=spf1 ~all"], "wrong", "there are 2 SPF records, and then none counts"),
        (["v=spf1 mx +all"], "wrong", "+all"),
        (["v=spf1 mx all"], "wrong", "+all"),
        (["v=spf1 mx ?all"], "note", "?all"),
        (["v=spf1 mx"], "note", "does not say what becomes of other senders"),
        (["v=spf1 " + "include:x.co " * 11 + "-all"], "wrong", "more than 10"),
        (["v=spf1 " + "include:x.co " * 10 + "-all"], "fine", ""),
        (["v=spf1 " + "ip4:192.0.2.1 " * 20 + "-all"], "fine", ""),
        (["V=SPF1 redirect=_spf.mail.co"], "fine", ""),
        (["v=spf1 -ALL"], "fine", ""),
    ],
)
def test_spf(records: list[str], level: str, words: str) -> None:
    told = found({NAME: records})["SPF"]

    assert (told.level, told.what) == (level, f"SPF of {NAME}")
    assert words in told.said


@pytest.mark.parametrize(
    ("records", "level", "words"),
    [
        ([], "wrong", f"there is no key at s1._domainkey.{NAME}"),
        (["hello"], "wrong", "there is no key"),
        (["v=DKIM1; p=a", "v=DKIM1; p=b"], "wrong", "there are 2 keys"),
        (["v=DKIM1; p="], "wrong", "was withdrawn"),
        (["v=DKIM1; t=y; p=a"], "note", "marked as a test"),
        (["p=a"], "fine", ""),
    ],
)
def test_dkim(records: list[str], level: str, words: str) -> None:
    told = found({f"s1._domainkey.{NAME}": records})["DKIM"]

    assert told.level == level
    assert words in told.said


def test_without_a_selector_dkim_says_which_setting_it_needs() -> None:
    told = found(selector="")["DKIM"]

    assert told.level == "note"
    assert "set dkim_selector in [mail]" in told.said


@pytest.mark.parametrize(
    ("records", "level", "words"),
    [
        ([], "wrong", f"add a TXT record at _dmarc.{NAME}"),
        (["v=DMARC1; p=none; rua=mailto:a@b.co"], "note", "p=none only watches"),
        (["v=DMARC1; p=none", "v=DMARC1; p=reject"], "wrong", "there are 2 DMARC records"),
        (["v=DMARC1; p=maybe"], "wrong", "does not count"),
        (["v=DMARC1"], "wrong", "does not count"),
        (["v = DMARC1 ; P = Reject"], "fine", "p=reject"),
        (["other"], "wrong", "there is no DMARC record"),
    ],
)
def test_dmarc(records: list[str], level: str, words: str) -> None:
    told = found({f"_dmarc.{NAME}": records})["DMARC"]

    assert told.level == level
    assert words in told.said


def test_the_domain_above_speaks_for_one_below() -> None:
    below = f"mail.{NAME}"
    records = {**GOOD, below: ["v=spf1 -all"]}
    told = list(check(Domain(below, ""), lambda name: records.get(name, [])))

    assert told[2].level == "fine"


def test_silent_name_servers_are_a_note_and_nothing_else_is_lost() -> None:
    def lookup(name: str) -> list[str]:
        if name == NAME:
            raise NoAnswer
        return GOOD.get(name, [])

    told = list(check(Domain(NAME, "s1"), lookup))

    assert [one.level for one in told] == ["note", "fine", "fine"]
    assert "gave no answer in time" in told[0].said


# --- over the wire -------------------------------------------------------------------------------------------------


@pytest.fixture
def name_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A name server on this machine that knows GOOD, has nothing else, and is silent about one name."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))
    resolver = dns.resolver.Resolver(configure=False)
    resolver.port = server.getsockname()[1]
    resolver.nameservers = ["127.0.0.1"]
    monkeypatch.setattr(dns.resolver, "default_resolver", resolver)

    def serve() -> None:
        while True:
            try:
                raw, whom = server.recvfrom(4096)
            except OSError:
                return
            asked = dns.message.from_wire(raw)
            answer = dns.message.make_response(asked)
            name = asked.question[0].name.to_text(omit_final_dot=True)
            if name in GOOD:
                quoted = [f'"{text[:9]}" "{text[9:]}"' for text in GOOD[name]]
                answer.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", "TXT", *quoted))
            elif not name.startswith("empty"):
                answer.set_rcode(dns.rcode.NXDOMAIN)
            if not name.startswith("silent"):
                server.sendto(answer.to_wire(), whom)

    threading.Thread(target=serve, daemon=True).start()
    yield
    server.close()


def test_records_are_read_as_name_servers_send_them(name_server: None) -> None:
    assert sorted(txt_records(NAME)) == GOOD[NAME]
    assert txt_records("nothing.co") == []
    assert txt_records("empty.co") == []
    with pytest.raises(NoAnswer):
        txt_records("silent.co", seconds=0.2)


# --- the doctor's points -------------------------------------------------------------------------------------------


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    mail = Mail(host="127.0.0.1", sender_address=f"accounts@{NAME}")
    opened = build(Settings(data=tmp_path, mail=mail))
    yield opened
    opened.close()


def points(house: House, **sections: object) -> dict[str, Finding]:
    house.settings = house.settings.model_copy(update=sections)
    return {one.what: one for one in ways(house, lambda name: GOOD.get(name, []))}


def test_a_server_on_this_machine_is_asked_nothing_about(house: House) -> None:
    def never(name: str) -> list[str]:
        raise AssertionError(name)

    told = {one.what: one for one in ways(house, never)}

    assert told["Mail"].level == "fine"
    assert "do not stop a reminder" in told["Mailbox"].said


def test_every_sender_is_checked_once(house: House) -> None:
    usual = {"host": "smtp.mail.co", "user": "robin", "sender_address": f"accounts@{NAME}", "dkim_selector": "s1"}
    legal = MailServer(host="smtp.mail.co", user="x", sender_address=f"legal@{NAME}", dkim_selector="s1")
    other = MailServer(host="smtp.mail.co", user="x", sender_address="legal@other.co")
    told = points(house, mail=Mail(**usual, servers={"legal": legal, "other": other, "try": MailServer()}))  # type: ignore[arg-type]

    assert [what for what in told if "SPF" in what] == [f"SPF of {NAME}", "SPF of other.co"]
    assert told["SPF of other.co"].level == "wrong"
    assert "[mail.servers.other]" in told["DKIM of other.co"].said
    assert "[mail.servers.try]" in told["Mail server try"].said


def test_every_way_says_what_it_lacks(house: House) -> None:
    told = points(
        house,
        mail=Mail(host="mail.example", sender_address="a@b.example", security="none"),
        sms=Sms(account_sid="AC1"),
        letters=Letters(sender_lines=["Northwind"]),
        mailbox=Answers(host="imap.example", user="accounts", security="none"),
    )

    assert "in the open; set security in [mail]" in told["Mail"].said
    assert told["Texts"].said == "[sms] lacks sender and auth_token, so no text can be sent"
    assert told["Letters"].level == "fine"
    assert "in the open; set security in [mailbox]" in told["Mailbox"].said
