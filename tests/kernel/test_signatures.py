"""Known answers of the national algorithms, an independent library on the other side, and tampering of every kind."""

from __future__ import annotations

import os
import random

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from approvals.signing import statements
from approvals.signing.proof import PublicKey, proves
from kernel import ciphers, merkle, signatures
from kernel.signatures import Algorithm

# GB/T 32918.5-2017, annex A.2: the example on the recommended curve, id 1234567812345678.
SM2_PRIVATE = bytes.fromhex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8")
SM2_POINT = bytes.fromhex(
    "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
)
SM2_SIGNATURE = bytes.fromhex(
    "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
    "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
)
SM2_MESSAGE = b"message digest"


@pytest.fixture
def quiet(capfd):
    """GmSSL tells stderr of every bad signature; nobody wants to read that here."""
    yield
    capfd.readouterr()


def sm3(data: bytes) -> str:
    machine = hashes.Hash(hashes.SM3())
    machine.update(data)
    return machine.finalize().hex()


class TestKnownAnswers:
    def test_sm2_verifies_the_example_of_the_standard(self):
        assert signatures.verify(Algorithm.SM2, SM2_POINT, SM2_MESSAGE, SM2_SIGNATURE)

    @pytest.mark.parametrize(
        ("data", "digest"),
        [  # GB/T 32905-2016, annex A
            (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
            (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
        ],
    )
    def test_sm3(self, data, digest):
        assert sm3(data) == digest

    def test_sm4_block(self):
        """GB/T 32907-2016, annex A.1."""
        block = bytes.fromhex("0123456789abcdeffedcba9876543210")

        machine = Cipher(algorithms.SM4(block), modes.ECB()).encryptor()

        assert machine.update(block).hex() == "681edf34d206965e86b3e94f536e4246"

    def test_sm4_gcm(self):
        """RFC 8998, appendix A.1."""
        closed = ciphers.sm4_gcm(
            bytes.fromhex("0123456789abcdeffedcba9876543210"),
            bytes.fromhex("00001234567800000000abcd"),
            bytes.fromhex(
                "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd"
                "eeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa"
            ),
            bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
        )

        assert closed.hex() == (
            "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
            "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
            "83de3541e4c2b58177e065a9bf7b62ec"
        )

    def test_ecdsa_takes_the_example_of_rfc_6979_in_its_lower_form_only(self):
        """RFC 6979, A.2.5, SHA-256, message "sample": its s is the higher of the two."""
        point = bytes.fromhex(
            "60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"
            "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299"
        )
        r = "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
        s = "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"
        lower = f"{signatures._P256_ORDER - int(s, 16):064x}"

        assert not signatures.verify(Algorithm.ECDSA, point, b"sample", bytes.fromhex(r + s))
        assert signatures.verify(Algorithm.ECDSA, point, b"sample", bytes.fromhex(r + lower))


class TestAgainstAnIndependentLibrary:
    """gmssl is pure Python and shares no line with GmSSL."""

    def other(self, private: bytes, point: bytes):
        from gmssl import sm2

        return sm2.CryptSM2(private_key=private.hex(), public_key=point.hex(), mode=1)

    def test_each_verifies_what_the_other_signed(self):
        for number in range(3):
            private, point = signatures.generate(Algorithm.SM2)
            message, other = f"指令 {number}".encode(), self.other(private, point)

            theirs = bytes.fromhex(other.sign_with_sm3(message))
            ours = signatures.sign(Algorithm.SM2, private, point, message)

            assert signatures.verify(Algorithm.SM2, point, message, theirs)
            assert other.verify_with_sm3(ours.hex(), message)

    def test_both_refuse_another_message(self, quiet):
        private, point = signatures.generate(Algorithm.SM2)
        ours = signatures.sign(Algorithm.SM2, private, point, b"100.00")

        assert not signatures.verify(Algorithm.SM2, point, b"900.00", ours)
        assert not self.other(private, point).verify_with_sm3(ours.hex(), b"900.00")

    def test_sm4_gcm_is_that_of_gmssl(self):
        import gmssl_pyx

        key, nonce, data = os.urandom(16), os.urandom(12), os.urandom(99)

        theirs = gmssl_pyx.sm4_gcm_encrypt(key, nonce, b"aad", data)

        assert b"".join(theirs) == ciphers.sm4_gcm(key, nonce, data, b"aad")


class Act:
    """Some decisions under one signature, as they are stored."""

    def __init__(self, algorithm: Algorithm, count: int) -> None:
        self.private, self.point = signatures.generate(algorithm)
        self.key = PublicKey("software", str(algorithm), self.point)
        self.said = [f'{{"act":"release","n":{n}}}'.encode() for n in range(count)]
        root, self.paths = merkle.tree(self.said)
        self.root = root.hex()
        self.signature = signatures.sign(
            algorithm, self.private, self.point, statements.message(root)
        )

    def holds(self, n: int, **changed) -> bool:
        values = {
            "statement": self.said[n],
            "path": self.paths[n],
            "root": self.root,
            "signature": self.signature,
            "key": self.key,
        } | changed
        return proves(values.pop("key"), values.pop("statement"), **values)


def flipped(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data) * 8)
    return data[: at // 8] + bytes([data[at // 8] ^ 1 << at % 8]) + data[at // 8 + 1 :]


def tampered(act: Act, other: Act, n: int, rng: random.Random) -> dict[str, object]:
    """One way to make a signature say something else."""
    r, s = act.signature[:32], act.signature[32:]
    order = signatures._SM2_ORDER if act.key.algorithm == "sm2" else signatures._P256_ORDER
    negated = (order - int.from_bytes(s, "big")).to_bytes(32, "big")
    m = (n + 1 + rng.randrange(len(act.said) - 1)) % len(act.said)
    ways = [
        {"signature": flipped(act.signature, rng)},
        {"statement": flipped(act.said[n], rng)},
        {"root": flipped(bytes.fromhex(act.root), rng).hex()},
        {"path": flipped(act.paths[n].encode(), rng).decode("latin-1")},
        {"path": act.paths[n][:-65]},
        {"path": act.paths[n] + "L" + "0" * 64},
        {"path": act.paths[m]},
        {"statement": act.said[m]},
        {"signature": s + r},
        {"signature": r + negated},
        {"signature": bytes(64)},
        {"signature": act.signature[:-1]},
        {"signature": other.signature},
        {"root": other.root, "signature": other.signature},
        {"key": other.key},
        {"key": PublicKey("software", act.key.algorithm, flipped(act.point, rng))},
        {"key": PublicKey("webauthn?", act.key.algorithm, act.point)},
        {"statement": merkle.leaf(act.said[n]), "path": ""},
        {"statement": b"\x00" + act.said[n]},
    ]
    return rng.choice(ways)


class TestTampering:
    @pytest.mark.parametrize(("algorithm", "times"), [("ecdsa-p256", 9000), ("sm2", 1000)])
    def test_ten_thousand_signatures_altered_in_some_way_and_none_accepted(
        self, algorithm, times, quiet
    ):
        rng = random.Random(20261124)
        act, other = Act(Algorithm(algorithm), 250), Act(Algorithm(algorithm), 7)
        assert all(act.holds(n) for n in range(250))

        accepted = []
        for _ in range(times):
            n = rng.randrange(250)
            changed = tampered(act, other, n, rng)
            if act.holds(n, **changed):
                accepted.append(changed)

        assert accepted == []


class TestTree:
    @pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 8, 100, 250])
    def test_each_statement_is_proven_alone(self, count):
        said = [b"statement %d" % n for n in range(count)]

        root, paths = merkle.tree(said)

        assert {merkle.root_of(one, path) for one, path in zip(said, paths, strict=True)} == {root}

    def test_an_inner_node_is_no_statement(self):
        root, paths = merkle.tree([b"a", b"b", b"c", b"d"])
        node = merkle.leaf(b"a") + merkle.leaf(b"b")

        assert merkle.root_of(node, paths[0][65:]) != root
