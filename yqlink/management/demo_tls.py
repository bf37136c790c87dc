"""Certificates of a demo: an authority of its own, the platform's certificate and the finance system's; made once, private."""

from __future__ import annotations

import ipaddress
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

AUTHORITY, PLATFORM, ERP = "authority", "platform", "erp"
_DAYS = 3650


def ensure(folder: Path) -> None:
    """`authority.pem`, and `platform` and `erp` with `.pem` and `.key`, for servers on this machine."""
    if (folder / f"{ERP}.key").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = _certificate(AUTHORITY, key.public_key(), signer=key, issuer=None)
    _write(folder / f"{AUTHORITY}.pem", issuer.public_bytes(serialization.Encoding.PEM))
    for name in (PLATFORM, ERP):
        own = ec.generate_private_key(ec.SECP256R1())
        made = _certificate(name, own.public_key(), signer=key, issuer=issuer)
        _write(folder / f"{name}.pem", made.public_bytes(serialization.Encoding.PEM))
        _write(
            folder / f"{name}.key",
            own.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ),
        )


def _certificate(
    name: str,
    public: ec.EllipticCurvePublicKey,
    *,
    signer: ec.EllipticCurvePrivateKey,
    issuer: x509.Certificate | None,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"yqlink demo {name}")])
    now = datetime.now(UTC)  # certificates are compared with real time
    here = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=_DAYS))
        .add_extension(x509.SubjectAlternativeName(here), critical=False)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    return builder.sign(signer, hashes.SHA256())


def _write(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(data)
