"""Does the world believe that our mail is ours? SPF, DKIM and DMARC of a sender's domain, each in one sentence."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from duewell.findings import Finding

Lookup = Callable[[str], Sequence[str]]
"""The texts (TXT records) of a name, an empty list when there are none. Raises NoAnswer."""

LOOKUPS_MAX = 10
ASKS = re.compile(r"^[+?~-]?(?:include:|a(?:$|[:/])|mx(?:$|[:/])|ptr|exists:)|^redirect=", re.IGNORECASE)
SECONDS = 3.0
# Names that are nobody's: nothing is asked about them.
RESERVED = (".example", ".test", ".invalid", ".localhost", ".local")


class NoAnswer(Exception):
    """Nobody answers for the name just now."""


@dataclass(frozen=True, slots=True)
class Domain:
    """What is checked of one sender. `section` is where it stands in the configuration."""

    name: str
    selector: str = ""
    section: str = "[mail]"


def check(domain: Domain, lookup: Lookup) -> Iterator[Finding]:
    """SPF, DKIM and DMARC, in the order in which one sets them up."""
    for what, examine in (("SPF", _spf), ("DKIM", _dkim), ("DMARC", _dmarc)):
        title = f"{what} of {domain.name}"
        try:
            level, said = examine(domain, lookup)
        except NoAnswer:
            level, said = (
                "note",
                "the name servers gave no answer in time, so this could not be checked; try again later",
            )
        yield Finding(title, level, said)


def is_reserved(name: str) -> bool:
    """Is it a name for trying things out?"""
    return name == "localhost" or name.endswith(RESERVED)


def txt_records(name: str, *, seconds: float = SECONDS) -> list[str]:
    """The TXT records of a name, asked of this machine's name servers. Raises NoAnswer."""
    import dns.exception
    import dns.resolver

    try:
        found = dns.resolver.resolve(name, "TXT", lifetime=seconds)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError):
        raise NoAnswer from None
    return [b"".join(record.strings).decode("utf-8", "replace") for record in found]


def _spf(domain: Domain, lookup: Lookup) -> tuple[str, str]:
    found = [text for text in lookup(domain.name) if text.lower().split(" ", 1)[0] == "v=spf1"]
    if not found:
        return "wrong", (
            "there is no SPF record, so many mailboxes will take our mail for forged; add a TXT record that begins "
            "with v=spf1, as your mail provider tells you"
        )
    if len(found) > 1:
        return "wrong", f"there are {len(found)} SPF records, and then none counts; join them into one"
    terms = found[0].split()[1:]
    if any(term.lower() in ("+all", "all") for term in terms):
        return "wrong", "it ends in +all, which lets the whole world send in your name; end it in ~all or -all"
    if sum(bool(ASKS.match(term)) for term in terms) > LOOKUPS_MAX:
        return "wrong", f"it asks more than {LOOKUPS_MAX} other names, and then none counts; shorten it"
    if not any(re.fullmatch(r"[~?-]all|redirect=.+", term, re.IGNORECASE) for term in terms):
        return "note", "it does not say what becomes of other senders; end it in ~all or -all"
    if any(term.lower() == "?all" for term in terms):
        return "note", "it ends in ?all, which says nothing about other senders; end it in ~all or -all"
    return "fine", "one record; see with your mail provider that it names their servers"


def _dkim(domain: Domain, lookup: Lookup) -> tuple[str, str]:
    if not domain.selector:
        return "note", f"not checked; set dkim_selector in {domain.section} to the name your mail provider gave you"
    name = f"{domain.selector}._domainkey.{domain.name}"
    found = [tags for text in lookup(name) if "p" in (tags := _tags(text))]
    if not found:
        return "wrong", f"there is no key at {name}; add the TXT or CNAME record your mail provider gave you"
    if len(found) > 1:
        return "wrong", f"there are {len(found)} keys at {name}, and only one may be there; remove the old one"
    if not found[0]["p"]:
        return "wrong", f"the key at {name} was withdrawn (p= is empty); turn DKIM on again at your mail provider"
    if found[0].get("t", "").lower() == "y":
        return (
            "note",
            f"the key at {name} is marked as a test (t=y), which some mailboxes take for none; remove the mark",
        )
    return "fine", f"a key stands at {name}"


def _dmarc(domain: Domain, lookup: Lookup) -> tuple[str, str]:
    found = _policies(domain.name, lookup)
    if not found:
        return "wrong", (
            "there is no DMARC record, which Google and Yahoo want of senders; add a TXT record at "
            f"_dmarc.{domain.name}, to begin with v=DMARC1; p=none; rua=mailto:you@…"
        )
    if len(found) > 1:
        return "wrong", f"there are {len(found)} DMARC records, and then none counts; keep one"
    policy = found[0].get("p", "").lower()
    if policy == "none":
        return "note", "p=none only watches; once the reports look right, change it to p=quarantine"
    if policy in ("quarantine", "reject"):
        return "fine", f"p={policy}"
    return "wrong", "its p= says neither none nor quarantine nor reject, so it does not count; correct it"


def _policies(name: str, lookup: Lookup) -> list[dict[str, str]]:
    """Those of the domain itself, else of the one above it, which speak for it as well."""
    own = [text for text in lookup(f"_dmarc.{name}") if _is_dmarc(text)]
    above = name.partition(".")[2]
    if not own and "." in above:
        own = [text for text in lookup(f"_dmarc.{above}") if _is_dmarc(text)]
    return [_tags(text) for text in own]


def _is_dmarc(text: str) -> bool:
    return text.replace(" ", "").lower().startswith("v=dmarc1")


def _tags(text: str) -> dict[str, str]:
    """`v=DMARC1; p=none` as a table; spaces count for nothing."""
    pairs = (part.partition("=") for part in text.split(";") if "=" in part)
    return {name.strip().lower(): value.strip().replace(" ", "") for name, _, value in pairs}
