"""A slice of `make fuzz`: every bank's answers damaged in every way, and every framing on streams that never end well."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bankadapters import registry
from bankadapters.contract import Ability, Connection, Fate
from bankadapters.errors import BankError, OutcomeUnknown, Unreadable
from bankadapters.framing import FRAME_BYTES_MAX, Framer
from bankadapters.transport import TcpTransport
from tests.bankadapters.fuzz import mutations
from tests.bankadapters.fuzz.running import Broken, execute, run

FRAMERS: dict[str, Framer] = {
    f"{slug}-{role}": carrier.framer
    for slug in registry.slugs()
    for role, carrier in registry.adapter_class(slug).carriers.items()  # type: ignore[attr-defined]
    if carrier.framer is not None
}


class TestDamagedAnswers:
    def test_the_corpus_has_every_bank_and_nearly_every_operation(self, samples):
        there = {(one.bank, one.operation) for one in samples}
        wanted = {
            (slug, ability)
            for slug in registry.slugs()
            for ability in registry.adapter_class(slug).abilities
        }

        # Guangfa's batches are asked about but cannot be sent: what it answers then nobody published.
        assert wanted - there <= {("cgb", Ability.INQUIRE_BATCH)}

    def test_only_declared_errors_come_out_and_no_end_is_made_up(self, samples):
        tally = run(samples, 1280, seed=1)

        assert set(tally.by_bank) == set(registry.slugs())
        assert tally.by_end["read"] > 0

    @pytest.mark.parametrize("damage", [mutations.with_a_dtd, mutations.with_an_inclusion])
    def test_no_bank_reads_a_document_with_a_dtd_or_an_inclusion(self, samples, damage):
        documents = {one.bank: one for one in samples if one.answer.lstrip().startswith(b"<")}

        assert len(documents) >= 10
        for one in documents.values():
            assert execute(one, damage, 1) != "read", one.bank

    def test_an_end_that_was_made_up_is_told_with_its_bytes(self, samples):
        paid = next(
            one
            for one in samples
            if one.bank == "boc" and Fate.SUCCEEDED in dict(one.fates).values()
        )
        other = replace(paid, fates=tuple((number, Fate.PROCESSING) for number, _ in paid.fates))

        assert execute(paid, mutations.padded, 1) == "read"
        with pytest.raises(Broken, match="is succeeded, was"):
            execute(other, mutations.padded, 1)


def test_there_are_the_framings_of_the_sheets():
    assert len({type(one).__name__ for one in FRAMERS.values()}) >= 3


@pytest.mark.parametrize("name", sorted(FRAMERS))
class TestStreams:
    def test_noise_is_a_frame_or_unreadable_property(self, name):
        @settings(deadline=None)
        @given(data=st.binary(max_size=600), step=st.integers(1, 64))
        def property_(data, step):
            left = bytearray(data)

            def receive(count: int) -> bytes:
                part = bytes(left[: min(count, step)])
                del left[: len(part)]
                return part

            with contextlib.suppress(Unreadable):
                FRAMERS[name].read(receive)
            with contextlib.suppress(Unreadable):
                FRAMERS[name].strip(data)

        property_()

    @pytest.mark.parametrize("byte", [b"9", b"0", b" ", b"<", b"\x00"])
    def test_a_stream_without_end_is_given_up_within_the_frames_limit(self, name, byte):
        taken = 0

        def receive(count: int) -> bytes:
            nonlocal taken
            part = byte * min(count, 65536)
            taken += len(part)
            assert taken <= FRAME_BYTES_MAX + 2 * 65536, "it reads on without end"
            return part

        with contextlib.suppress(Unreadable):
            FRAMERS[name].read(receive)


class TestSlowPeers:
    @pytest.fixture
    def dripping(self) -> Iterator[int]:
        """A server that answers a byte at a time, for as long as anybody listens."""
        server = socket.create_server(("127.0.0.1", 0))
        server.settimeout(0.05)
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                try:
                    peer, _ = server.accept()
                except TimeoutError:
                    continue
                with peer:
                    try:
                        while not over.wait(0.02):
                            peer.sendall(b"1")
                    except OSError:
                        continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        over.set()
        server.close()
        thread.join(5)

    @pytest.mark.parametrize("kind", sorted({type(one).__name__ for one in FRAMERS.values()}))
    def test_one_deadline_covers_the_whole_answer(self, dripping, kind):
        framer = next(one for one in FRAMERS.values() if type(one).__name__ == kind)
        wire = TcpTransport(
            "127.0.0.1", dripping, framer=framer, connect_timeout_s=1, read_timeout_s=0.4
        )

        with pytest.raises(
            OutcomeUnknown
        ):  # it ends at all: every byte came in time, the answer did not
            wire.exchange(b"<a/>")


def test_an_answer_is_a_bank_error_whatever_bundle_it_pretends_to_be():
    for slug in ("iso20022", "swift_mt"):
        adapter = registry.adapter_class(slug)
        for data in (
            b"YQFILES/1\n",
            b"YQFILES/1\nx 5\nab",
            b"YQFILES/1\nx 99999999999\n",
            b"YQFILES/1\n\n",
        ):
            one = adapter(Connection(slug, {}))
            try:
                assert not one.read(Ability.INQUIRE, data).outcomes
            except BankError:
                continue
