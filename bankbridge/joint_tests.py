"""联调测试报告: what was tried with a bank, how it ended, and the platform's signature over it, for both sides to file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bankadapters import registry
from bankadapters.conformance.scenario import Result, Verdict
from kernel import seal, signatures, vault
from kernel.clock import SHANGHAI

_PURPOSE = b"yqlink.joint-test.v1\x00"
_WORDS = {
    Verdict.PASSED: "通过",
    Verdict.FAILED: "不通过",
    Verdict.ABSENT: "银行无此功能",
    Verdict.NOT_RUN: "仅可在模拟环境进行",
}
_GROUPS = {
    "Sessions": "签到与会话", "Accounts": "账户与余额", "Payments": "单笔付款", "Batches": "批量付款",
    "Endings": "付款结果", "Faults": "故障与中断", "Limits": "长度与限额", "Characters": "字符",
    "Statements": "交易明细", "Receipts": "电子回单", "Files": "文件", "Wire": "报文",
}  # fmt: skip


@dataclass(frozen=True)
class Setting:
    """Where and when the tests were played, and by whom; `where` is the simulator or the bank's own address."""

    where: str
    began: datetime
    ended: datetime
    tester: str


def counts(results: Sequence[Result]) -> dict[str, int]:
    """How many scenarios ended each way."""
    return {one.value: sum(r.verdict is one for r in results) for one in Verdict}


def report(results: Sequence[Result], setting: Setting) -> str:
    """The report as Markdown, Chinese first, with a place for both sides to sign by hand. `results` are of one bank."""
    profile = registry.profile(results[0].bank)
    told = counts(results)
    is_good = not told["failed"]
    lines = [
        f"# {profile.name_zh}银企直联联调测试报告",
        "",
        f"Joint test report · {profile.name_en}",
        "",
        f"- 测试环境 Environment：{setting.where}",
        f"- 时间 Time：{_moment(setting.began)} — {_moment(setting.ended)}",
        f"- 测试人 Tester：{setting.tester}",
        f"- 结论 Verdict：{'通过 passed' if is_good else '不通过 failed'}（"
        + "，".join(f"{_WORDS[one]} {told[one.value]}" for one in Verdict)
        + "）",
    ]
    group = ""
    for one in results:
        if one.scenario.group != group:
            group = one.scenario.group
            lines += ["", f"## {_GROUPS.get(group, group)} {group}", "", "| 场景 Scenario | 结果 Result | 说明 |", "| --- | --- | --- |"]  # fmt: skip
        name = one.scenario.name.replace("_", " ")
        lines.append(
            f"| **{name}** {_cell(one.scenario.about)} | {_WORDS[one.verdict]} {one.verdict.value} | {_cell(one.why)} |"
        )
    if profile.confirm_with_bank:
        lines += ["", "## 待银行确认 To be confirmed by the bank", ""]
        lines += [f"- {one.zh}（{one.en}）" for one in profile.confirm_with_bank]
    lines += ["", "## 签署 Signatures", "", "| 银行 Bank | 企业 Enterprise |", "| --- | --- |", "| 　 | 　 |"]  # fmt: skip
    return "\n".join(lines) + "\n"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def signed(text: str, results: Sequence[Result], setting: Setting) -> str:
    """The platform's signature over the report's digest and its figures, as JSON. Raises KeysAbsent outside a bank's worker."""
    body = {
        "bank": results[0].bank,
        "where": setting.where,
        "ended": setting.ended.isoformat(),
        "counts": counts(results),
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
    }
    point, signature = vault.sign_as_platform(_PURPOSE + seal.canonical(body))
    kept = {**body, "key": point.hex(), "signature": signature.hex()}
    return json.dumps(kept, ensure_ascii=False, indent=1) + "\n"


def verified(text: str, told: str) -> str:
    """The fingerprint of the key that signed this very report. Raises ValueError saying what does not hold."""
    try:
        kept: Mapping[str, object] = json.loads(told)
        point, signature = bytes.fromhex(str(kept["key"])), bytes.fromhex(str(kept["signature"]))
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError("签名文件无法识别") from error
    body = {name: value for name, value in kept.items() if name not in ("key", "signature")}
    if body.get("sha256") != hashlib.sha256(text.encode()).hexdigest():
        raise ValueError("报告内容与签名不符：报告被改动过")
    algorithm = signatures.Algorithm.ECDSA
    if not signatures.verify(algorithm, point, _PURPOSE + seal.canonical(body), signature):
        raise ValueError("签名无效：签名文件被改动过")
    return signatures.fingerprint(algorithm, point)
