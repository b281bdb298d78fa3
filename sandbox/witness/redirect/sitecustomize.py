"""Sends a peer's calls to the sandbox: imported by its interpreter at start, because this folder is on PYTHONPATH.

DUEWELL_WITNESS_REDIRECT is a JSON object from host to an address of this machine. Every other host is refused, so a
witness can never reach a real platform. Nothing of the peer is changed: its addresses, headers and code stay its own.
"""

import ipaddress
import json
import os
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter


def _loopback(address: str) -> str:
    host = urlsplit(address).hostname or ""
    if not ipaddress.ip_address(host).is_loopback:
        raise SystemExit(f"a witness is only sent to this machine, not to {host}")
    return address


TARGETS = {host: _loopback(to) for host, to in json.loads(os.environ.get("DUEWELL_WITNESS_REDIRECT", "{}")).items()}
_send = HTTPAdapter.send


def send(self: HTTPAdapter, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
    """As the adapter sends, but to the sandbox."""
    parts = urlsplit(str(request.url))
    target = urlsplit(TARGETS.get(parts.hostname or "", ""))
    if not target.netloc:
        raise requests.ConnectionError(f"no sandbox stands in for {parts.hostname}", request=request)
    request.url = urlunsplit((target.scheme, target.netloc, parts.path, parts.query, ""))
    return _send(self, request, *args, **kwargs)


HTTPAdapter.send = send  # type: ignore[method-assign]
