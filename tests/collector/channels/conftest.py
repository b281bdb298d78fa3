"""A furnished SQLite database, copied from one that is made once, and a certificate this process believes."""

import shutil
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from storage.businesses import add_business
from storage.connections import NewConnection, connect
from storage.database import Database
from storage.schema import upgrade
from tests.storage.amber import BUSINESS, CONNECTION, NOW


@pytest.fixture(scope="session")
def channels_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "duewell.db"
    database = Database.open(f"sqlite:///{path}")
    upgrade(database)
    with database.write() as tx:
        add_business(tx, "Amber Joinery", now=NOW, business=BUSINESS)
        connect(tx, BUSINESS, NewConnection("xero", "tenant-1", "g1", "Amber", id=CONNECTION), now=NOW)
    database.close()
    return path


@pytest.fixture
def database(channels_template: Path, tmp_path: Path) -> Iterator[Database]:
    """Business b1 with the connection c1."""
    path = tmp_path / "duewell.db"
    shutil.copy(channels_template, path)
    opened = Database.open(f"sqlite:///{path}")
    yield opened
    opened.close()


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A certificate for this machine that this process believes."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]),
    )
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    plain = serialization.NoEncryption()
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    file, both = tmp_path / "trusted.pem", tmp_path / "server.pem"
    file.write_bytes(pem)
    both.write_bytes(secret + pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return context
