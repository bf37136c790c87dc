"""The authorization matrix: every duty and visitor × own, sibling, other company × every address, act and object state.

Generated from the URL map: a new address is knocked at by itself. What has to come of it stands in `tests.access.duties`,
written by another hand. Every cell is asked at the gate; every address and object is asked through the whole middleware,
by everybody it must be refused to and by those it opens to, relations taking turns over the states of an object. Under
`make fuzz` nobody takes turns.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client, override_settings

from kernel import clock
from masterdata.selectors import scope_of
from tests.access.actors import Actor
from tests.access.doors import Door, doors
from tests.access.knocking import DENIED, PASSED, SIGN_IN, Knocker, at_the_gate, expected, fits
from tests.access.objects import Address
from tests.access.pages import faults_of
from tests.access.world import Site, lay_down
from yqlink.workspace.board import board_for

pytestmark = pytest.mark.django_db

CHECKS_MIN = 20_000
TURNS = 1 if os.environ.get("HYPOTHESIS_PROFILE") == "fuzz" else 12
GROUPS = ("own", "above", "sibling", "other", "crossed", "")
BLANK = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {"loaders": ["tests.access.blank.Loader"]},
    }
]
# What a reader leaves behind: the trail of it, and things of their own (jobs, filters, their second factor).
READERS_OWN = (
    *("audit_", "desk_job", "desk_savedview", "desk_notification"),
    *("otp_totp_totpdevice", "masterdata_recoverycode"),
)
_counted: dict[str, int] = {}


@pytest.fixture(scope="module")
def site(django_db_setup: None, django_db_blocker: Any) -> Iterator[Site]:
    """The world once for all; swept out afterwards."""
    logging.disable(logging.CRITICAL)  # two lines for each of many thousand requests
    moment = clock.fixed(datetime(2026, 11, 24, 9, 30, tzinfo=clock.SHANGHAI))
    patient = override_settings(STEP_UP_S=36_000, SESSION_IDLE_S=36_000)  # on a busy box, too
    with moment, patient, django_db_blocker.unblock():
        call_command("flush", interactive=False, verbosity=0)
        yield lay_down(moment)
        call_command("flush", interactive=False, verbosity=0)
    logging.disable(logging.NOTSET)


def actors_of(site: Site, group: str) -> list[Actor]:
    """Those whose duties stand in this relation to the company; "" names visitors and systems."""
    return [one for one in site.actors if one.group == group]


@pytest.mark.parametrize("group", GROUPS[:-1])
def test_the_gate_opens_to_exactly_the_duties_written_down(site: Site, group: str) -> None:
    knocker, wrong, count = Knocker(), [], 0
    for actor in actors_of(site, group):
        for door in doors():
            if door.is_api:
                continue
            for address in door.addresses(site):
                for method in door.methods:
                    found, wanted = knocker.ask_gate(actor, door, method, address), at_the_gate(actor, door, address)  # fmt: skip
                    count += 1
                    if found != wanted:
                        wrong.append(f"{actor.name}: {method} {address.path} ({door.key(address)}): {found}, wanted {wanted}")  # fmt: skip
    _counted[f"gate {group}"] = count

    assert count
    assert not wrong, f"{len(wrong)} of {count} wrong:\n" + "\n".join(wrong[:60])


def requests(site: Site, group: str) -> Iterator[tuple[Actor, Door, Address, str]]:
    """Who knocks where, taking turns so that every duty meets every address and object in some relation.

    Whoever is to be turned away by the object (absent, not theirs) meets at least one of each kind; whoever is turned away
    at the gate, which looks at no object, has been asked there already and comes in person once in a while.
    """
    shift = GROUPS.index(group)
    for turn, actor in enumerate(actors_of(site, group), start=shift):
        for nth, door in enumerate(doors(), start=turn):
            if actor.is_system and not door.is_api:
                continue  # a system's key opens pages to nobody: `nobody` has tried them
            for state, address in enumerate(door.addresses(site)):
                if (nth + state) % _turns(actor, door, address, is_first=state == 0):
                    continue
                for method in door.methods:
                    yield actor, door, address, method


def _turns(actor: Actor, door: Door, address: Address, *, is_first: bool) -> int:
    """Every how many times this one comes in person."""
    gate, thing = at_the_gate(actor, door, address), address.thing
    if gate == SIGN_IN:
        return TURNS // 3 or 1
    if gate == DENIED:
        return TURNS * 2
    if thing is None or not thing.is_somebodys:
        return TURNS // 2 or 1
    return TURNS // 6 or 1 if is_first and thing.company not in actor.companies else TURNS


@pytest.mark.parametrize("group", GROUPS, ids=lambda name: name or "visitors and systems")
@override_settings(TEMPLATES=BLANK)
def test_everybody_gets_exactly_what_the_duties_say(site: Site, group: str) -> None:
    knocker, wrong, count = Knocker(), [], 0
    for actor, door, address, method in requests(site, group):
        wanted = expected(actor, door, address)
        found, answer, written = knocker.knock(actor, door, method, address.path)
        count += 1
        if not fits(found, written, wanted):
            wrong.append(f"{actor.name}: {method} {address.path} ({door.key(address)}): {found} {answer.status_code} {written[:1]} {knocker.errors}, wanted {' or '.join(sorted(wanted))}")  # fmt: skip
    _counted[f"asked {group}"] = count

    assert count
    assert not wrong, f"{len(wrong)} of {count} wrong:\n" + "\n".join(wrong[:60])


@override_settings(TEMPLATES=BLANK)
def test_an_auditor_changes_nothing_and_every_page_they_read_is_written_down(site: Site) -> None:
    """Every address an auditor may open, with every method: what was written meanwhile is of the reading itself."""
    (actor,) = [one for one in actors_of(site, "own") if one.name == "auditor@own"]
    knocker, wrong, read = Knocker(), [], 0
    for door in doors():
        for address in list(door.addresses(site))[:1]:
            if at_the_gate(actor, door, address) != PASSED:
                continue  # nothing is written for whoever is turned away: the test above
            for method in sorted({"GET", "POST"}.intersection(door.methods)):
                _found, answer, written = knocker.knock(actor, door, method, address.path)
                where = f"{method} {address.path} ({door.key(address)})"
                changed = [one for one in written if not one.split('"')[1].startswith(READERS_OWN)]
                wrong += [f"{where} wrote {one}" for one in changed]
                if method == "GET" and answer.status_code == 200:
                    read += 1
                    if not any('"audit_entry"' in one for one in written):
                        wrong.append(f"{where} was read and not written down")

    assert not wrong, "\n".join(wrong[:60])
    assert read > 100


@override_settings(TEMPLATES=BLANK)
def test_the_board_counts_what_the_database_holds_and_the_lists_show(site: Site) -> None:
    """Each figure of the board is the number of rows behind its link; these three duties see every section."""
    wrong, stages = [], set()
    for actor in actors_of(site, "own"):
        if actor.duties.keys().isdisjoint(("treasurer", "auditor", "admin")):
            continue
        client, scope = Client(), scope_of(actor.user)
        client.force_login(actor.user)
        for line in (
            line for section in board_for(scope, now=clock.now()) for line in section.lines
        ):
            listed = client.get(line.url)
            count = listed.context["count"] if listed.status_code == 200 else listed.status_code
            if count != f"{line.count:,}":
                wrong.append(f"{actor.name}: {line.url}: {line.count} on the board, {count} listed")
            stages.add(line.url)

    assert not wrong, "\n".join(wrong)
    assert len(stages) > 20


@pytest.mark.parametrize("group", ["sibling", "other"])
def test_no_page_shows_a_word_of_another_company(site: Site, group: str) -> None:
    """Whole pages, as they are drawn, for those who hold every kind of duty elsewhere."""
    knocker, shown, count = Knocker(), [], 0
    for door in doors():
        may = [one for one in actors_of(site, group) if _opens(one, door, site)]
        for address in list(door.addresses(site))[:1] if may else []:
            actor = may[count % len(may)]
            _, answer, _ = knocker.knock(actor, door, "GET", address.path)
            body = getattr(answer, "content", b"")
            shown += [f"{actor.name}: {address.path}: {mark}" for mark in site.marks if mark.encode() in body]  # fmt: skip
            count += 1
    _counted[f"read {group}"] = count

    assert count
    assert shown == []


def test_every_page_is_drawn_without_a_script_of_its_own(site: Site) -> None:
    """What banks, suppliers and uploads say stands all over this world with markup in it: no page lets it through, none
    brings a script or style of its own, and every one is sent with the strict policy."""
    knocker, wrong, count = Knocker(), [], 0
    for door in doors():
        may = [one for one in actors_of(site, "own") if _opens(one, door, site)]
        for address in list(door.addresses(site))[:2] if may and not door.is_api else []:
            _, answer, _ = knocker.knock(may[count % len(may)], door, "GET", address.path, as_page=True)  # fmt: skip
            wrong += [f"{address.path}: {fault}" for fault in faults_of(answer)]
            count += 1
    _counted["drawn"] = count

    assert count
    assert wrong == []


def _opens(actor: Actor, door: Door, site: Site) -> bool:
    return "GET" in door.methods and any(
        at_the_gate(actor, door, address) == PASSED for address in door.addresses(site)
    )


def test_there_were_enough_checks() -> None:
    if len(_counted) != 2 * len(GROUPS) + 2:
        pytest.skip("counts only when the whole matrix ran")
    assert sum(_counted.values()) >= CHECKS_MIN, _counted
