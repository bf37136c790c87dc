"""The ring, the envelopes for the bank's workers, and a private key under its owner's passphrase."""

from __future__ import annotations

import base64
import os

import pytest

from kernel import ciphers, envelope, lockbox
from kernel.ciphers import Undecipherable
from kernel.envelope import KeysAbsent, Opener, Sealer
from kernel.lockbox import Cost, WrongPassphrase
from kernel.secrets import Secret
from kernel.vault import KeyRing

CHEAP = Cost(1, 8, 1)


@pytest.fixture(params=["intl", "sm"])
def suite(request, monkeypatch):
    monkeypatch.setenv("CRYPTO_SUITE", request.param)
    return request.param


class TestKeyRing:
    def test_returns_what_was_put_in_and_reads_what_older_keys_and_the_other_suite_closed(
        self, suite, monkeypatch
    ):
        first, second = os.urandom(32), os.urandom(32)
        old = KeyRing({1: first}).encrypt("回单".encode(), aad="x:1:y")
        monkeypatch.setenv("CRYPTO_SUITE", "sm" if suite == "intl" else "intl")
        ring = KeyRing({1: first, 2: second})
        new = ring.encrypt("回单".encode(), aad="x:1:y")

        assert [ring.decrypt(one, aad="x:1:y").decode() for one in (old, new)] == ["回单"] * 2
        assert new.startswith(ring.newest_mark)
        assert not old.startswith(ring.newest_mark)

    def test_refuses_another_row_an_altered_bit_and_a_missing_key(self, suite):
        ring = KeyRing({1: os.urandom(32)})
        text = ring.encrypt(b"6222", aad="order:1")

        for wrong, aad in ((text, "order:2"), (text[:-1] + bytes([text[-1] ^ 1]), "order:1")):
            with pytest.raises(Undecipherable):
                ring.decrypt(wrong, aad=aad)
        with pytest.raises(Undecipherable):
            KeyRing({2: os.urandom(32)}).decrypt(text, aad="order:1")


class TestEnvelope:
    @pytest.fixture(params=["x25519", "sm2"])
    def pair(self, request):
        return envelope.generate(request.param)

    def test_opens_with_the_private_key_only(self, pair, capfd):
        public, private = pair
        sealer = Sealer({1: public})
        texts = [sealer.seal(b"instruction %d" % n, aad=f"i:{n}") for n in range(3)]

        opener = Opener({1: private})
        found = [opener.open(text, aad=f"i:{n}") for n, text in enumerate(texts)]
        stranger = Opener({1: envelope.generate(private.kind)[1]})

        assert found == [b"instruction 0", b"instruction 1", b"instruction 2"]
        for wrong, aad in ((stranger, "i:0"), (opener, "i:1")):
            with pytest.raises(Undecipherable):
                wrong.open(texts[0], aad=aad)
        capfd.readouterr()

    def test_is_closed_for_the_newest_key_and_opened_with_either(self, pair):
        (old, old_private), (new, new_private) = pair, envelope.generate(pair[0].kind)
        texts = [Sealer({1: old}).seal(b"a", aad="i"), Sealer({1: old, 2: new}).seal(b"b", aad="i")]
        opener = Opener({1: old_private, 2: new_private})

        assert [envelope.key_id(text) for text in texts] == [1, 2]
        assert [opener.open(text, aad="i") for text in texts] == [b"a", b"b"]

    def test_reads_keys_as_they_are_written(self, pair):
        spec = ",".join(envelope.written(n, key) for n, key in enumerate(pair, start=1))

        assert envelope.parsed(spec) == {1: pair[0], 2: pair[1]}
        for bad in ("1:rsa:AAAA", "x25519:AAAA", "0:x25519:AAAA"):
            with pytest.raises(ValueError, match=r".+"):
                envelope.parsed(bad)

    def test_without_keys_nothing_is_closed_or_opened(self):
        for empty in (Sealer, Opener):
            with pytest.raises(KeysAbsent):
                empty({})

    def test_every_flipped_bit_of_a_short_text_is_noticed(self, pair, capfd):
        public, private = pair
        text, opener = Sealer({1: public}).seal(b"6222", aad="i"), Opener({1: private})

        opened = 0
        for bit in range(len(text) * 8):
            wrong = bytearray(text)
            wrong[bit // 8] ^= 1 << bit % 8
            try:
                opener.open(bytes(wrong), aad="i")
                opened += 1
            except Undecipherable:
                pass
        capfd.readouterr()

        assert opened == 0


class TestLockbox:
    def test_opens_with_its_passphrase_for_its_owner_only(self, suite):
        box = lockbox.lock(b"private", Secret("a long passphrase"), aad="key:1", cost=CHEAP)

        assert lockbox.unlock(box, Secret("a long passphrase"), aad="key:1") == b"private"
        for passphrase, aad in (("another passphrase", "key:1"), ("a long passphrase", "key:2")):
            with pytest.raises(WrongPassphrase):
                lockbox.unlock(box, Secret(passphrase), aad=aad)

    def test_holds_neither_the_secret_nor_the_passphrase(self):
        box = lockbox.lock(b"private-private", Secret("open sesame 1"), aad="k", cost=CHEAP)

        for hidden in (b"private-private", b"open sesame 1"):
            assert hidden not in box
            assert base64.b64encode(hidden)[:16] not in box


def test_an_unknown_suite_is_refused(monkeypatch):
    monkeypatch.setenv("CRYPTO_SUITE", "des")

    with pytest.raises(ValueError, match="CRYPTO_SUITE"):
        ciphers.suite_in_use()
