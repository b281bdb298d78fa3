"""Text messages by Twilio's REST. It has no idempotency key, so each text ends in a mark by which it can be found.

The mark is six letters made of the key and stands at the end of the text, where the customer sees it: Twilio gives a
message's text back, but neither its status callback nor anything else of ours. A busy or broken answer to the one
request is never met by a second one.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import msgspec
import requests

from collector.channels.port import OptedOut, Parcel, WrongAddress, smuggles
from collector.reaching import numbers
from integrations.contract import Lookup, Receipt, Wire
from integrations.errors import NotThere, Refused, TryLater
from integrations.http import address, careful_session, out_of_reach, patiently, retry_after

HOST = "https://api.twilio.com"
SID = re.compile(r"(SM|MM)[0-9a-f]{32}")
SEGMENTS_MAX = 2
PAGE = 200
PAGES_MAX = 10
# Within this time a text that was on its way may still come in: that it is not listed proves nothing yet.
SETTLED_AFTER = timedelta(minutes=15)
# How far Twilio's clock and ours may be apart.
SKEW = timedelta(minutes=5)
GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_TWICE = frozenset("^{}\\[~]|€\f")
OPTED_OUT = 21610
NO_SUCH_NUMBER = {21211, 21214, 21217, 21401, 21407, 21614, 21421, 21265}
ENDS = ("delivered", "undelivered", "failed", "canceled", "read")
WHY = {
    30003: "the phone is off or out of reach",
    30004: "the message was blocked on the way or by the receiver",
    30005: "the number is not in use",
    30006: "it is a landline, or its network takes no texts",
    30007: "the network filtered the message out",
    30008: "the network gave no reason",
    OPTED_OUT: "the receiver has opted out",
}
GONE_NUMBERS = {30005, 30006}


@dataclass(frozen=True, slots=True)
class Texting:
    """Our account: `sender` is a number in E.164, a name, or the SID of a messaging service (MG…)."""

    account: str
    sender: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a text so far. `code` is Twilio's, 0 for none; `to` is the number it went to."""

    status: str
    code: int = 0
    to: str = ""

    @property
    def over(self) -> bool:
        """Will it stay so?"""
        return self.status in ENDS

    @property
    def arrived(self) -> bool:
        """Is it known to have reached the phone?"""
        return self.status in ("delivered", "read")

    @property
    def words(self) -> str:
        """For people."""
        if self.arrived:
            return "delivered"
        if not self.over:
            return f"on its way ({self.status})"
        why = WHY.get(self.code, "the network gave no reason we know")
        return f"not delivered: {why} ({self.code})" if self.code else "not delivered; the network gave no reason"


class TextCarrier:
    """The port's text messages. The wire's app keys are the account or API key and its secret."""

    def __init__(self, texting: Texting, wire: Wire) -> None:
        self._texting = texting
        self._wire = wire

    def deliver(self, parcel: Parcel, *, key: str, now: datetime) -> Receipt:
        """One request; the receipt is the message's SID. Raises OptedOut, WrongAddress, Refused or TryLater."""
        del now
        text = marked(parcel.text, key)
        parts = segments(text)
        if parts > SEGMENTS_MAX:
            raise Refused(f"the text is {parts} messages long and may be {SEGMENTS_MAX} at most; shorten its wording")
        form = {"To": self._number(parcel), "Body": text}
        form["MessagingServiceSid" if self._texting.sender.startswith("MG") else "From"] = self._texting.sender
        told = self._post(form)
        return Receipt(id=str(told.get("sid", "")))

    def _number(self, parcel: Parcel) -> str:
        given = parcel.to[0][1] if parcel.to else ""
        found = numbers([given], parcel.country)
        if smuggles(given) or not found:
            raise WrongAddress("the telephone number is not one that exists; correct it", address=given)
        return found[0]

    def found(self, key: str, since: datetime, *, to: Sequence[str] = ()) -> Receipt | Lookup:
        """The message that ends in the key's mark, among those made since."""
        known = numbers(to)
        end = mark(key)
        for one in self._listed(known[0] if len(known) == 1 else "", since - SKEW):
            if str(one.get("body", "")).endswith(end):
                return Receipt(id=str(one.get("sid", "")), at=_instant(one.get("date_created")))
            if not one.get("body"):
                return Lookup.CANNOT_TELL  # the account redacts its texts, and one of them may be ours
        if self._wire.clock.now() - since < SETTLED_AFTER:
            raise TryLater("it is too early to say that a text was not taken", after=SETTLED_AFTER.total_seconds())
        return Lookup.NOT_THERE

    def delivery(self, sid: str) -> Delivery:
        """How far the message got. Raises NotThere for a message Twilio has forgotten."""
        if not SID.fullmatch(sid):
            raise NotThere("this is not the name of a text message")
        one = self._get(f"{self._home}/Messages/{sid}.json", {})
        return Delivery(str(one.get("status", "")), int(one.get("error_code") or 0), str(one.get("to", "")))

    @property
    def _home(self) -> str:
        return f"/2010-04-01/Accounts/{quote(self._texting.account, safe='')}"

    def _listed(self, number: str, since: datetime) -> Iterator[Mapping[str, Any]]:
        """Our messages, newest first, back to `since`. Raises TryLater when there are too many to look through."""
        path, asked = f"{self._home}/Messages.json", {"PageSize": str(PAGE)} | ({"To": number} if number else {})
        for _ in range(PAGES_MAX):
            told = self._get(path, asked)
            for one in told.get("messages", ()):
                made = _instant(one.get("date_created"))
                if made is not None and made < since:
                    return
                if str(one.get("direction", "")).startswith("outbound"):
                    yield one
            path, asked = str(told.get("next_page_uri") or ""), {}
            if not path.startswith(self._home):
                return
        raise TryLater("too many texts were sent since to find one among them", after=SETTLED_AFTER.total_seconds())

    def _post(self, form: Mapping[str, str]) -> Mapping[str, Any]:
        with careful_session(self._wire) as session:
            try:
                answer = session.post(self._url(f"{self._home}/Messages.json"), data=form, auth=self._auth)
            except requests.RequestException as error:
                raise out_of_reach(error, writing=True) from None
        return self._answered(answer, writing=True, to=form["To"])

    def _get(self, path: str, asked: Mapping[str, str]) -> Mapping[str, Any]:
        def once() -> Mapping[str, Any]:
            with careful_session(self._wire) as session:
                try:
                    answer = session.get(self._url(path), params=asked, auth=self._auth)
                except requests.RequestException as error:
                    raise out_of_reach(error, writing=False) from None
            return self._answered(answer, writing=False)

        return patiently(self._wire, once)

    @property
    def _auth(self) -> tuple[str, str]:
        return self._wire.app.client_id, self._wire.app.client_secret

    def _url(self, path: str) -> str:
        return address(self._wire, "api", HOST) + path

    def _answered(self, answer: requests.Response, *, writing: bool, to: str = "") -> Mapping[str, Any]:
        status, told = answer.status_code, _decoded(answer)
        if 200 <= status < 300 and told is not None:
            return told
        if status == 429:
            wait = retry_after(answer.headers, self._wire.clock)
            raise TryLater("Twilio asks to slow down", after=wait)
        if told is None or status >= 500 or status < 400:
            raise TryLater(f"Twilio gave no clear answer ({status})", may_have_acted=writing)
        raise _refusal(status, _code(told.get("code")), to)


def _refusal(status: int, code: int, to: str) -> Refused:
    if code == OPTED_OUT:
        return OptedOut("this number has opted out of texts by replying STOP", address=to)
    if code in NO_SUCH_NUMBER:
        return WrongAddress(f"no text can be sent to this number (Twilio {code}); correct it", address=to)
    if status in (401, 403) or code == 20003:
        return Refused("Twilio does not let us in; correct account_sid and auth_token in [sms]")
    if status == 404:
        return NotThere("Twilio does not know this account or message; correct account_sid in [sms]")
    return Refused(f"Twilio refused the text (code {code}); twilio.com/docs/errors/{code} says what to do")


def mark(key: str) -> str:
    """How a text of this key ends."""
    letters = hashlib.blake2b(key.encode(), digest_size=4, person=b"duewell text").hexdigest()
    return f"Ref {letters[:6].upper()}"


def marked(text: str, key: str) -> str:
    """The text with its mark, without anything that cannot be seen."""
    seen = "".join(letter for letter in text.replace("\r\n", "\n") if letter == "\n" or not smuggles(letter))
    return f"{seen.strip()} {mark(key)}"


def segments(text: str) -> int:
    """How many messages the network makes of it: 160 letters in one (153 in each of several), or 70 (67) when a
    letter is none of GSM's own."""
    if all(letter in GSM or letter in GSM_TWICE for letter in text):
        return _parts([2 if letter in GSM_TWICE else 1 for letter in text], 160, 153)
    return _parts([len(letter.encode("utf-16-le")) // 2 for letter in text], 70, 67)


def _parts(sizes: Sequence[int], alone: int, each: int) -> int:
    """No letter of two units is cut in half."""
    if sum(sizes) <= alone:
        return 1
    count, filled = 1, 0
    for size in sizes:
        if filled + size > each:
            count, filled = count + 1, 0
        filled += size
    return count


def _instant(told: object) -> datetime | None:
    try:
        found = parsedate_to_datetime(str(told))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _code(told: object) -> int:
    return int(told) if isinstance(told, int | str) and str(told).isdigit() else 0


def _decoded(answer: requests.Response) -> Mapping[str, Any] | None:
    try:
        told = msgspec.json.decode(answer.content)
    except msgspec.DecodeError:
        return None
    return told if isinstance(told, dict) else None
