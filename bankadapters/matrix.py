"""The banks as a document: what each can do, its limits and where each is taken from, its settings and open questions.

Written by `python -m bankadapters matrix --report docs/banks.md` from the adapters' own declarations; a house test keeps it
current. `sheet` means the bank's sheet of interface documents; other sources are named in words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields

from bankadapters import registry
from bankadapters.contract import Ability
from bankadapters.profiles import Profile, Setting

ABILITIES = {
    Ability.SIGN_ON: "sign-on", Ability.SIGN_OFF: "sign-off", Ability.ACCOUNT_LIST: "account list", Ability.BALANCE: "balance",
    Ability.HISTORY_BALANCE: "history balance", Ability.TRANSACTIONS: "entries", Ability.PAY: "single payment",
    Ability.PAY_BATCH: "batch", Ability.PAYROLL: "payroll", Ability.SWEEP: "transfer, sweep", Ability.INQUIRE: "status",
    Ability.INQUIRE_BATCH: "status of a batch", Ability.INQUIRE_PAYROLL: "status of a payroll",
    Ability.RECEIPT_LIST: "e-receipt list", Ability.RECEIPT_FILE: "e-receipt file",
}  # fmt: skip
FACTS = {
    "charset": "characters", "items_max": "payments in a message", "payroll_items_max": "people in a payroll",
    "batch_bytes_max": "bytes of a batch", "inquiry_items_max": "payments in a question",
    "min_inquiry_interval_s": "seconds between two questions", "intervals_s": "seconds between two messages",
    "balance_accounts_max": "accounts in a balance query", "statement_rows_max": "entries on a page",
    "statement_span_days": "days in a query", "reference": "our number on the wire",
    "bank_dedups_by_reference": "refuses a repeated number", "not_found_is_final": "not found is final",
    "visibility_delay_s": "seconds until a payment is known", "statement_names_reference": "entries carry our number",
    "statement_names_counterparty": "entries name the other account", "pays_own_bank_only": "pays inside the bank only",
    "names_payees": "payees' names go out", "prefers_single": "pays one by one although batches exist",
    "field_limits": "lengths", "forbidden": "characters refused",
}  # fmt: skip
_USUAL = {one.name: one.default for one in fields(Profile)}
_UNIT = {"chars": "characters", "boc": "a Chinese character counts 2"}


def page() -> str:
    """The document."""
    slugs = registry.slugs()
    lines = [
        "# Banks", "",
        "Written by `python -m bankadapters matrix --report docs/banks.md` from what the adapters declare; a house test keeps it current.",
        "Sources are places in each bank's sheet of interface documents, unless they say otherwise. A bank's wire in detail stands in",
        "`bankadapters/banks/<bank>/`; what was played against it in [conformance.md](conformance.md).", "",
        "## What each can do", "",
        "| | " + " | ".join(slugs) + " |", "| --- |" + " :-: |" * len(slugs),
    ]  # fmt: skip
    for ability, words in ABILITIES.items():
        marks = ["✓" if ability in registry.adapter_class(slug).abilities else "" for slug in slugs]
        lines.append(f"| {words} | " + " | ".join(marks) + " |")
    lines += [
        "",
        "## What holds where a bank says nothing else",
        "",
        "| fact | value |",
        "| --- | --- |",
    ]
    lines += [
        f"| {words} | {_words(_USUAL[name])} |"
        for name, words in FACTS.items()
        if isinstance(_USUAL[name], bool | int | str)
    ]
    for slug in slugs:
        lines += _bank(registry.profile(slug))
    return "\n".join(lines) + "\n"


def undeclared(profile: Profile) -> list[str]:
    """The facts a profile states, other than what holds for any bank, and gives no source of."""
    return [
        name
        for name in FACTS
        if getattr(profile, name)
        and getattr(profile, name) != _USUAL[name]
        and name not in profile.sources
    ]


def _bank(profile: Profile) -> Iterator[str]:
    yield from ("", f"## {profile.name_zh} · {profile.name_en} (`{profile.slug}`)", "")
    if profile.cnaps_prefix:
        yield f"Clearing prefix {profile.cnaps_prefix}."
    for one in profile.endpoints:
        yield f"- `{one.role}`: {one.label_en}, such as `{one.example}`"
    yield from ("", "| fact | value | source |", "| --- | --- | --- |")
    for name, words in FACTS.items():
        value, source = getattr(profile, name), profile.sources.get(name, "")
        if value and (source or value != _USUAL[name]):
            yield f"| {words} | {_words(value)} | {_cell(source)} |"
    further = {n: s for n, s in profile.sources.items() if n not in FACTS}
    for name, source in further.items():
        yield f"| {name} | | {source} |"
    yield from _settings(profile)
    if profile.confirm_with_bank:
        yield from ("", "To be confirmed with the bank:", "")
        for question in profile.confirm_with_bank:
            yield f"- {question.en} · {question.zh}"


def _settings(profile: Profile) -> Iterator[str]:
    if not profile.settings:
        return
    yield from (
        "",
        "| setting | what | default | source | to confirm |",
        "| --- | --- | --- | --- | --- |",
    )
    for one in profile.settings:
        yield f"| `{one.name}` | {one.label_en} | {_default(one)} | {one.source or 'the house'} | {_cell(one.confirm_en)} |"


def _default(one: Setting) -> str:
    if one.is_secret:
        return "secret"
    if one.choices:
        return " / ".join(f"**{word}**" if word == one.default else word for word in one.choices)
    return _cell(one.default) or ("required" if one.is_required else "")


def _words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return "; ".join(f"{name} {_limit(limit)}" for name, limit in value.items())
    return _cell(str(value))


def _limit(limit: object) -> str:
    if isinstance(limit, tuple):
        most, unit = limit
        return f"{most} {_UNIT.get(unit, unit.replace('bytes:', 'bytes of '))}"
    return f"`{_cell(str(limit))}`" if isinstance(limit, str) else f"{limit:g}"


def _cell(text: str) -> str:
    """A text that ends no cell of the table."""
    shown = "".join(one if one >= " " else f"U+{ord(one):04X}" for one in text)
    return shown.replace("|", "\\|")
