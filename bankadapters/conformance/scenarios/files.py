"""Banks that exchange files: each file whole, once, and nothing decided by what is none of theirs."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from bankadapters import registry
from bankadapters.conformance.scenario import Skipped, expect, scenario
from bankadapters.conformance.trial import Trial
from bankadapters.contract import BankAdapter, Batch, Instruction
from bankadapters.errors import BankError, NotSent, OutcomeUnknown

FILES = "Files"


def _between(trial: Trial, folder: str, *made: str) -> BankAdapter:
    """An adapter between two folders of our own, of which only some are there. Raises Skipped."""
    if not trial.bench.travels_in_files:
        raise Skipped("it answers on a wire")
    for name in made:
        (Path(folder) / name).mkdir()
    endpoints = {"main": f"file://{folder}/out", "answers": f"file://{folder}/in"}
    parameters = {**trial.bench.connection.parameters, "answer_wait_s": "0.2"}
    connection = replace(trial.bench.connection, endpoints=endpoints, parameters=parameters)
    return registry.open(connection, recorder=trial.recorder)


def _batch(trial: Trial, item: Instruction) -> Batch:
    return Batch(trial.batch_no(), [item], trial.operation)


@scenario(FILES)
def a_folder_that_is_not_there_means_nothing_was_sent(trial: Trial) -> None:
    """An unmounted share: provably nothing left."""
    with tempfile.TemporaryDirectory() as folder:
        adapter = _between(trial, folder, "out")
        try:
            adapter.pay(_batch(trial, trial.payment()))
        except NotSent:
            expect(not list((Path(folder) / "out").iterdir()), "a file appeared all the same")
            return
    expect(False, "it was called sent")


@scenario(FILES)
def without_an_answer_the_outcome_is_unknown(trial: Trial) -> None:
    """The file lies there, whole and under its final name alone; nobody answered."""
    with tempfile.TemporaryDirectory() as folder:
        adapter, item = _between(trial, folder, "out", "in"), trial.payment()
        try:
            adapter.pay(_batch(trial, item))
        except OutcomeUnknown:
            left = list((Path(folder) / "out").iterdir())
            expect(len(left) == 1, f"{[one.name for one in left]}")
            expect(item.reference.encode() in left[0].read_bytes(), "another payment's file")
            return
    expect(False, "it was answered")


@scenario(FILES)
def a_file_is_never_written_over(trial: Trial) -> None:
    """The same message again, while the first one still lies there: unknown, and one file."""
    with tempfile.TemporaryDirectory() as folder:
        adapter, batch = _between(trial, folder, "out", "in"), _batch(trial, trial.payment())
        kept = []
        for _ in range(2):
            try:
                adapter.pay(batch)
                expect(False, "it was answered")
            except OutcomeUnknown:
                (there,) = (Path(folder) / "out").iterdir()
                kept.append((there.stat().st_ino, there.read_bytes()))
        expect(kept[0] == kept[1], "the first file was replaced")


@scenario(FILES)
def strange_files_decide_nothing(trial: Trial) -> None:
    """Noise, half a document, another program's report: not an answer to anything."""
    with tempfile.TemporaryDirectory() as folder:
        adapter, item = _between(trial, folder, "out", "in"), trial.payment()
        strange = (
            b"",
            b"\x00\xff" * 500,
            b"<Document><Cst",
            b"id;amount\n1;2\n",
            b":20:X\r\n:25:1\r\n",
        )
        for number, data in enumerate(strange):
            (Path(folder) / "in" / f"strange{number}").write_bytes(data)
        batch = _batch(trial, item)
        trial.batches[item.reference] = (batch.batch_no, trial.operation)
        try:
            said = list(adapter.pay(batch))
        except OutcomeUnknown:
            said = []
        expect(not said, f"taken for an answer: {[str(one.fate) for one in said]}")


@scenario(FILES, steers=True)
def what_was_never_handed_over_is_not_known(trial: Trial) -> None:
    """Asked about a payment whose file nobody sent, the folder says nothing."""
    if not trial.bench.travels_in_files:
        raise Skipped("it answers on a wire")
    try:
        told = trial.ask(trial.payment())
    except BankError:
        told = {}
    expect(not told, f"told {[str(one.fate) for one in told.values()]}")
