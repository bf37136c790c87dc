"""The bank tools at every bank and every operation: what comes is printed, what is asked for is worded."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bankadapters import registry
from bankadapters.__main__ import main
from bankadapters.contract import Ability
from bankadapters.dialect import INQUIRIES, PAYMENTS
from bankadapters.simulator.__main__ import bank_class
from kernel import clock
from tests.bankadapters.fuzz.corpus import START, Sample

EVERY = sorted(
    (slug, ability)
    for slug in registry.slugs()
    for ability in registry.adapter_class(slug).abilities
)


def asked(slug: str, ability: Ability) -> dict[str, Any]:
    """The request of an operation in the tools' JSON, with what the simulators admit."""
    told: Any = bank_class(slug).admits
    profile, ((number, branch), _) = registry.profile(slug), bank_class(slug).demo_accounts
    connection = {
        **told.get("parameters", {}),
        **told.get("secrets", {}),
        "token": "0123456789ABCDEF",
    }
    digits = profile.reference.startswith("digits")
    reference = "1" * int(profile.reference.partition(":")[2] or 0) if digits else "Y01000000017"
    own_only = profile.pays_own_bank_only
    item = {
        "reference": reference, "payer_account": number, "payer_name": "示例贸易有限公司", "payer_branch": branch,
        "payee_account": "622202020011223344", "payee_name": "样例供应商",
        "payee_bank": profile.name_zh if own_only or ability is Ability.PAYROLL else "中国农业银行上海分行",
        "cnaps": f"{profile.cnaps_prefix}100000000"[:12] if own_only or ability is Ability.PAYROLL else "103290000007",
        "amount": "10.01", "currency": "CNY", "purpose": "货款", "day": "2026-03-10", "batch_no": reference,
        "payer": number,
    }  # fmt: skip
    if slug == "abc":
        item |= {"payee_bank": "中国工商银行北京分行", "cnaps": "102100099996"}
    if ability is Ability.SWEEP:
        item |= {"payee_account": bank_class(slug).demo_accounts[1][0], "payee_bank": profile.name_zh,
                 "cnaps": f"{profile.cnaps_prefix}100000000"}  # fmt: skip
    made: dict[str, Any] = {"connection": connection, "batch_no": reference}
    if ability in PAYMENTS or ability in INQUIRIES:
        return made | {"items": [item]}
    if ability is Ability.RECEIPT_FILE:
        return made | {
            "account": number,
            "receipts": [{"receipt_no": "1", "account": number, "file": "1"}],
        }
    return made | {"account": number, "branch": branch, "from": "2026-03-10", "to": "2026-03-10"}


class TestDecode:
    def test_prints_what_every_bank_answers_to_every_operation(
        self, samples, tmp_path, capsysbinary
    ):
        first: dict[tuple[str, Ability], Sample] = {}
        for one in samples:
            first.setdefault((one.bank, one.operation), one)
        said = {}
        for (bank, operation), one in first.items():
            file = tmp_path / f"{bank}-{operation}"
            file.write_bytes(one.answer)
            told: Any = bank_class(bank).admits
            known = {**told.get("parameters", {}), **told.get("secrets", {})}
            settings = [
                f"--set={name}={value}"
                for name, value in known.items()
                if name != "not_found_codes"
            ]
            if (bank, operation) in NEEDS_ITS_QUESTION:
                question = tmp_path / "question.json"
                question.write_text(json.dumps(asked(bank, operation)), "utf-8")
                settings.append(f"--asked={question}")
            said[bank, operation] = main(
                ["decode", "--bank", bank, "--operation", operation, *settings, str(file)]
            )
            told = json.loads(capsysbinary.readouterr().out)
            if operation is Ability.HISTORY_BALANCE:
                assert [one["as_of"] for one in told["balances"]] == ["2026-03-10"], bank

        assert set(said.values()) == {0}


# Its answer names neither account nor day: they are the question's.
NEEDS_ITS_QUESTION = {("pingan", Ability.HISTORY_BALANCE)}


class TestEncode:
    @pytest.mark.parametrize(("bank", "operation"), EVERY, ids=lambda one: str(one))
    def test_words_every_operation_of_every_bank(self, bank, operation, tmp_path, capsysbinary):
        file = tmp_path / "request.json"
        file.write_text(json.dumps(asked(bank, operation), ensure_ascii=False), "utf-8")

        with clock.fixed(START):
            code = main(["encode", "--bank", bank, "--operation", operation, str(file)])

        said = capsysbinary.readouterr()
        assert code == 0, said.err.decode()
        assert said.out or bank in ("iso20022", "swift_mt")  # their folder is looked into
