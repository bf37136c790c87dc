"""What an adapter declares of its bank: facts, limits, the endpoints and settings of a connection, what is still open.

The bridge writes a `Profile` to the platform's own rows; the connection page shows its settings and notes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

CERTIFICATE_UNTIL = "certificate_until"  # a day; of the front-end's certificate, UKey or key


@dataclass(frozen=True)
class Endpoint:
    """One address of the bank front-end. `example` shows its shape: http://host:port/path or tcp://host:port."""

    role: str
    label_zh: str
    label_en: str
    example: str


@dataclass(frozen=True)
class Setting:
    """A parameter of a connection. `default` is the safe choice; an empty one that is required must be filled in.

    `confirm_zh` and `confirm_en`: what the bank's sheet leaves open, shown beside the field until somebody has asked.
    """

    name: str
    label_zh: str
    label_en: str
    default: str = ""
    choices: Sequence[str] = ()
    is_required: bool = False
    is_secret: bool = False
    confirm_zh: str = ""
    confirm_en: str = ""
    source: str = ""

    @property
    def is_open(self) -> bool:
        """Whether the sheet leaves it to the bank."""
        return bool(self.confirm_zh)


@dataclass(frozen=True)
class Question:
    """What a bank's sheet leaves open and no setting can answer: to be put to the bank before going live."""

    zh: str
    en: str


@dataclass(frozen=True)
class Profile:
    """What an adapter declares of its bank; written to BankProfile rows by the bridge. None means unknown.

    `reference` is the rule of our number on the bank's wire: "instr_no", or "digits:N" where the field takes digits
    only. `sources` names, for each fact that has one, the place in the bank's sheet it was taken from.
    """

    slug: str
    name_zh: str
    name_en: str
    cnaps_prefix: str
    items_max: int
    inquiry_items_max: int
    payroll_items_max: int | None = None  # where a payroll takes more than other batches
    min_inquiry_interval_s: int = 0
    visibility_delay_s: int = 0
    not_found_is_final: bool = False
    bank_dedups_by_reference: bool = False
    statement_names_reference: bool = (
        True  # whether entries carry the number a payment was sent under
    )
    statement_names_counterparty: bool = True  # whether entries name the other side's account
    pays_own_bank_only: bool = False  # whether payees must bank here too
    names_payees: bool = True  # whether a payee's name goes out at all
    prefers_single: bool = False  # batches exist, but not all of their results are published
    statement_rows_max: int = 50
    statement_span_days: int = 31
    balance_accounts_max: int = 1
    batch_bytes_max: int | None = None
    reference: str = "instr_no"
    charset: str = "utf-8"
    intervals_s: Mapping[str, float] = field(default_factory=dict)  # "pay" | "query" → seconds
    paced_by: str = (
        ""  # the setting whose value shares the intervals; each connection by itself without it
    )
    field_limits: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    # our field name -> (limit, "chars" | "bytes:<codec>" | "boc" = a Chinese character counts 2)
    forbidden: Mapping[str, str] = field(
        default_factory=dict
    )  # our field name -> refused characters
    endpoints: Sequence[Endpoint] = ()
    settings: Sequence[Setting] = ()
    confirm_with_bank: Sequence[
        Question
    ] = ()  # what the sheet leaves open, shown to the administrator
    sources: Mapping[str, str] = field(default_factory=dict)

    def common(self) -> list[Setting]:
        """The settings every connection has: seconds between two messages, from the sheet or left to the bank, and until when the
        certificate or key of the front-end is good."""
        words = {"pay": ("付款报文", "payments"), "query": ("查询报文", "queries")}
        paces = [
            Setting(
                f"interval_{kind}_s",
                f"两次{zh}的最小间隔（秒）",
                f"Least seconds between two {en}",
                default=f"{self.intervals_s.get(kind, 0):g}",
                confirm_zh="" if kind in self.intervals_s else "请向银行确认；0 表示不限",
                confirm_en="" if kind in self.intervals_s else "ask the bank; 0 is no limit",
                source=self.sources.get("intervals_s", "") if kind in self.intervals_s else "",
            )
            for kind, (zh, en) in words.items()
        ]
        until = Setting(
            CERTIFICATE_UNTIL,
            "证书或密钥有效期至（YYYY-MM-DD）",
            "Certificate or key good until (YYYY-MM-DD)",
        )
        return [*paces, until]

    def setting(self, name: str) -> Setting:
        """The declared setting of that name. Raises KeyError: an adapter reads declared settings only."""
        return next((one for one in self.settings if one.name == name), None) or _missing(name)


def _missing(name: str) -> Setting:
    raise KeyError(f"setting {name!r} is not declared in the profile")
