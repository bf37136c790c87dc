"""Signers, each checked by an implementation that is not the signer's own."""

from __future__ import annotations

import base64

import gmssl_pyx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from gmssl.sm2 import CryptSM2
from gmssl.sm3 import sm3_hash
from hypothesis import given
from hypothesis import strategies as st

from bankadapters.errors import NotSent, OutcomeUnknown, Unreadable
from bankadapters.signing import (
    FrontEndSigner,
    MacSigner,
    RsaSigner,
    SignServer,
    Sm2Signer,
    base64_lines,
    der_of,
    raw_of,
    rsa_vouches,
    sm2_vouches,
    unwrapped_base64,
)
from kernel.secrets import Secret

PAGE = b"<html><head><title>t</title><result>0</result></head><body>%s</body></html>"


def sm2_pair() -> tuple[str, str]:
    public, private = gmssl_pyx.sm2_key_generate()
    return private.hex(), public.hex()


class TestSm2:
    @pytest.mark.parametrize("raw", [True, False])
    def test_another_implementation_vouches_for_it(self, raw):
        private, public = sm2_pair()

        signature = Sm2Signer(Secret(private), public, raw=raw).sign(b"b2e0009")

        other = CryptSM2(private_key="", public_key=public)
        digest = other._sm3_z(b"b2e0009")
        assert other.verify((signature if raw else raw_of(signature)).hex(), bytes.fromhex(digest))
        assert sm2_vouches(bytes.fromhex(public), b"b2e0009", signature)
        assert not sm2_vouches(bytes.fromhex(public), b"b2e0010", signature)
        assert sm3_hash(list(b"abc")).startswith("66c7f0f4")

    @given(r=st.integers(1, 2**256 - 1), s=st.integers(1, 2**256 - 1))
    def test_der_and_raw_are_two_spellings_of_one_signature(self, r, s):
        raw = r.to_bytes(32, "big") + s.to_bytes(32, "big")

        assert raw_of(der_of(raw)) == raw

    @pytest.mark.parametrize(
        ("key", "public"), [("zz", "00"), ("00", "00"), ("00" * 32, "00" * 63)]
    )
    def test_a_bad_key_means_nothing_was_sent(self, key, public):
        with pytest.raises(NotSent):
            Sm2Signer(Secret(key), public)


class TestRsa:
    @pytest.mark.parametrize("sha1", [True, False])
    def test_is_verified_with_the_public_key(self, sha1):
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

        signature = RsaSigner(Secret(pem.decode()), sha1=sha1).sign(b"body")

        assert rsa_vouches(public, b"body", signature, sha1=sha1)
        assert not rsa_vouches(public, b"Body", signature, sha1=sha1)

    def test_a_bad_key_means_nothing_was_sent(self):
        with pytest.raises(NotSent):
            RsaSigner(Secret("-----BEGIN PRIVATE KEY-----"))


class TestMac:
    def test_matches_the_published_vector(self):
        """ANSI X9.9, appendix: key 0123456789ABCDEF over "7654321 Now is the time for " (FIPS 113)."""
        mac = MacSigner(Secret("0123456789ABCDEF")).sign(b"7654321 Now is the time for ")

        assert mac[:4].hex() == "f1d30f68"

    @pytest.mark.parametrize("key", ["", "0123", "zz23456789ABCDEF"])
    def test_a_bad_key_means_nothing_was_sent(self, key):
        with pytest.raises(NotSent):
            MacSigner(Secret(key))


class TestSignServer:
    def test_brings_the_signature_and_opens_the_answer(self):
        server = SignServer(
            lambda plain: PAGE % (b"<sign>\n" + base64.b64encode(plain) + b"</sign>"),
            lambda signed: PAGE % (b"<sic>" + base64.b64decode(signed) + b"</sic>"),
        )

        signature = server.sign(b"<body/>")

        assert server.open(signature) == b"<body/>"

    @pytest.mark.parametrize(
        "page", [b"", b"<result>1</result><sign>AA==</sign>", PAGE % b"", PAGE % b"<sign>!</sign>"]
    )
    def test_no_signature_means_nothing_was_sent(self, page):
        with pytest.raises(NotSent):
            SignServer(lambda plain: page).sign(b"<body/>")

    def test_a_signature_server_that_breaks_means_nothing_was_sent(self):
        def broken(plain: bytes) -> bytes:
            raise OutcomeUnknown("cut")

        with pytest.raises(NotSent):
            SignServer(broken).sign(b"<body/>")

    @pytest.mark.parametrize("page", [b"", b"<result>9</result><sic>x</sic>", PAGE % b""])
    def test_an_answer_nobody_vouches_for_is_unreadable(self, page):
        with pytest.raises(Unreadable):
            SignServer(lambda plain: b"", lambda signed: page).open(b"AA==")

    def test_without_a_verifier_no_answer_is_opened(self):
        with pytest.raises(Unreadable):
            SignServer(lambda plain: b"").open(b"AA==")


def test_a_front_end_that_signs_wants_no_signature_of_ours():
    assert FrontEndSigner().sign(b"<a/>") == b""


@given(data=st.binary(max_size=200))
def test_base64_survives_lines_and_forms(data):
    wrapped = base64_lines(data)

    assert unwrapped_base64(wrapped) == data
    assert unwrapped_base64(wrapped.replace(b"+", b" ")) == data


def test_what_is_not_base64_is_unreadable():
    with pytest.raises(Unreadable):
        unwrapped_base64(b"reqData!")
