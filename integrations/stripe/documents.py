"""Fetches an invoice's PDF from the address Stripe gives with it, and from nowhere else."""

from urllib.parse import urljoin, urlsplit

import requests

from integrations.contract import Wire
from integrations.errors import Refused, TryLater
from integrations.http import careful_session, out_of_reach, patiently, require_loopback, retry_after

HOPS_MAX = 4
HOSTS = ("stripe.com", "stripecdn.com")


def fetched_pdf(wire: Wire, url: str) -> bytes:
    """The PDF behind `invoice_pdf`. No key is sent; the address itself is the secret and is named nowhere."""
    with careful_session(wire) as session:
        session.max_redirects = 1  # with 0 even looking at where a redirect leads raises; we follow by hand
        return patiently(wire, lambda: _fetch(wire, session, url))


def _fetch(wire: Wire, session: requests.Session, url: str) -> bytes:
    for _ in range(HOPS_MAX):
        _require_stripe(wire, url)
        try:
            answer = session.get(url, allow_redirects=False)
        except requests.RequestException as error:
            raise out_of_reach(error, writing=False) from None
        if not answer.is_redirect:
            return _pdf(wire, answer)
        url = urljoin(url, answer.headers["Location"])
    raise TryLater("Stripe sent us in circles for the document")


def _pdf(wire: Wire, answer: requests.Response) -> bytes:
    if answer.status_code in (404, 410):
        raise Refused("Stripe has no document for this invoice (any more)")
    if answer.status_code != 200 or not answer.content.startswith(b"%PDF"):
        after = retry_after(answer.headers, wire.clock)
        raise TryLater(f"Stripe did not give the document (HTTP {answer.status_code})", after=after)
    return answer.content


def _require_stripe(wire: Wire, url: str) -> None:
    """Raises Refused for any other host than Stripe's, or this machine when the API is overridden to it."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https" and any(host == one or host.endswith(f".{one}") for one in HOSTS):
        return
    if not wire.app.addresses.get("api"):
        raise Refused("Stripe named an address for the document that is not Stripe's")
    require_loopback("invoice_pdf", f"{parts.scheme}://{parts.netloc}")
