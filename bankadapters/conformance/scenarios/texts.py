"""Characters: what the wire's charset carries arrives unchanged, what it does not never leaves."""

from __future__ import annotations

from bankadapters.conformance.scenario import Skipped, expect, scenario
from bankadapters.conformance.trial import Trial
from bankadapters.contract import Ability, Direction, Fate
from bankadapters.errors import Unencodable

TEXTS = "Characters"
NARROW = ("gbk", "gb2312")


def _arrives(trial: Trial, name: str) -> None:
    """The bank's own books hold this payee's name, character by character; or it never left."""
    trial.needs_names()
    item = trial.payment(payee_name=name)
    try:
        trial.pay(item)
    except Unencodable as error:
        raise Skipped(f"the bank's wire does not take it: {error.message}") from error
    expect(trial.fate(item) is Fate.SUCCEEDED, "not executed")
    told = trial.simulator.tell("instructions")["instructions"][item.reference]["payee_name"]
    expect(told == name, f"arrived as {told!r}")


@scenario(TEXTS, steers=True)
def chinese_names_arrive_unchanged(trial: Trial) -> None:
    """Common and traditional characters."""
    _arrives(trial, "澄江实业集團有限公司")


@scenario(TEXTS, steers=True)
def full_width_brackets_arrive_unchanged(trial: Trial) -> None:
    """（）and full-width letters are not made half-width."""
    _arrives(trial, "样例（上海）ＡＢＣ有限公司")


@scenario(TEXTS, steers=True)
def the_middle_dot_of_a_name_arrives_unchanged(trial: Trial) -> None:
    """A Uyghur name with its dot."""
    _arrives(trial, "阿卜杜拉·买买提")


@scenario(TEXTS, steers=True)
def markup_in_a_name_stays_text(trial: Trial) -> None:
    """& < > and quotes are text, not markup."""
    _arrives(trial, 'A&B <贸易> "公司"')


@scenario(TEXTS, steers=True)
def what_looks_like_an_end_tag_stays_text(trial: Trial) -> None:
    """A name that ends an element is still a name."""
    _arrives(trial, "公司]]></a></TX>")


@scenario(TEXTS, steers=True)
def separators_in_a_name_stay_text(trial: Trial) -> None:
    """Pipes, semicolons and commas move no field."""
    _arrives(trial, "甲|乙;丙,丁^戊")


@scenario(TEXTS, steers=True)
def a_rare_character_of_gb18030(trial: Trial) -> None:
    """𠮷 (four bytes of GB18030) arrives, or is refused by its code point where the wire has no bytes for it."""
    if trial.profile.charset in NARROW:
        try:
            trial.pay(trial.payment(payee_name="𠮷祥公司"))
        except Unencodable as error:
            expect("U+20BB7" in error.message, f"refused without naming it: {error.message}")
            return
        expect(False, "a character left that the wire cannot carry")
    _arrives(trial, "𠮷祥公司")


@scenario(TEXTS, steers=True)
def a_rare_name_character(trial: Trial) -> None:
    """䶮 (GB18030-2000, two bytes) arrives or is refused."""
    _arrives(trial, "䶮记商行")


@scenario(TEXTS)
def line_breaks_and_control_characters_never_leave(trial: Trial) -> None:
    """A name with a line break or a control character is refused before it leaves."""
    trial.needs_names()
    for character in ("\n", "\r", "\t", "\x00", "\x1f"):
        trial.refuses(trial.payment(payee_name=f"公{character}司"))


@scenario(TEXTS, Ability.TRANSACTIONS, steers=True)
def a_narrative_with_markup_is_read_as_text(trial: Trial) -> None:
    """What a stranger writes into a payment reaches us as text."""
    trial.credit("66.60", purpose="<b>货款</b>&amp;|1")
    lines = [one for one in trial.lines() if one.direction is Direction.CREDIT]
    texts = [f"{one.narrative} {one.purpose}" for one in lines]
    expect(len(lines) == 1, f"{len(lines)} credits")
    expect(any("货款" in text for text in texts) or not "".join(texts).strip(), f"read as {texts}")
