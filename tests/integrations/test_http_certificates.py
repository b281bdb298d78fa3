"""Whom we believe over TLS: nobody without a certificate that a known authority signed for that very name."""

import ipaddress
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from integrations.contract import AppKeys, Wire
from integrations.http import CarefulAdapter, careful_session, trusted
from tests.conftest import CountingMeter, HandClock


class Plain(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None: ...


class Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A client that does not believe us hangs up."""


def self_signed(folder: Path, name: str) -> Path:
    """A key and a certificate for `name` and 127.0.0.1's address where asked, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    alternative = x509.IPAddress(ipaddress.ip_address(name)) if name[0].isdigit() else x509.DNSName(name)
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    file = folder / f"{name}.pem"
    file.write_bytes(made.public_bytes(pem) + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    return file


@pytest.fixture(params=["127.0.0.1", "elsewhere.example"])
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str, Path]]:
    certificate = self_signed(tmp_path, request.param)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = Server(("127.0.0.1", 0), Plain)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield request.param, f"https://127.0.0.1:{server.server_address[1]}/", certificate
    server.shutdown()
    thread.join()
    server.server_close()


def pool_of(session: requests.Session, url: str) -> dict[str, Any]:
    """What the session's lines to `url` are made with."""
    adapter = session.get_adapter(url)
    assert isinstance(adapter, CarefulAdapter)
    made: dict[str, Any] = adapter.poolmanager.connection_pool_kw
    return made


def session() -> requests.Session:
    return careful_session(Wire(AppKeys(), HandClock(), CountingMeter()))


def test_a_certificate_nobody_knows_is_not_believed(served: tuple[str, str, Path]) -> None:
    with session() as ours, pytest.raises(requests.exceptions.SSLError):
        ours.get(served[1])


@pytest.mark.parametrize("verify", [False, "/nowhere.pem"])
def test_nobody_can_turn_that_off_for_a_call(served: tuple[str, str, Path], verify: object) -> None:
    with session() as ours, pytest.raises(requests.exceptions.SSLError):
        ours.get(served[1], verify=verify)  # type: ignore[arg-type]


def test_a_known_authority_is_believed_for_its_own_name_only(served: tuple[str, str, Path]) -> None:
    name, url, certificate = served
    context = trusted(str(certificate))

    with session() as ours:
        pool_of(ours, url)["ssl_context"] = context
        if name == "127.0.0.1":
            assert ours.get(url).status_code == 200
        else:
            with pytest.raises(requests.exceptions.SSLError):
                ours.get(url)


def test_the_file_of_authorities_is_read_once() -> None:
    contexts = {id(pool_of(session(), "https://x")["ssl_context"]) for _ in range(3)}

    assert len(contexts) == 1
