"""BankProfile rows from what each adapter declares of its bank."""

from __future__ import annotations

from bankadapters import registry
from bankadapters.contract import Ability
from bankbridge import translate
from masterdata.services.banks import write_profile


def sync() -> int:
    """Write the profile of every registered bank; how many. Called by the seed and whenever a worker starts."""
    count = 0
    for slug in registry.slugs():
        adapter = registry.adapter_class(slug)
        write_profile(translate.profile(adapter.profile, adapter.abilities))
        count += 1
    return count


def pays_batches(slug: str) -> bool:
    """Whether the bank takes several payments in one message, each under its own number."""
    adapter = registry.adapter_class(slug)
    return Ability.PAY_BATCH in adapter.abilities and not adapter.profile.prefers_single


def tells_balances(slug: str) -> bool:
    """Whether the bank can be asked for balances: without one nothing is released from an account there."""
    return Ability.BALANCE in registry.adapter_class(slug).abilities


def payees_of(slug: str) -> str:
    """The clearing prefix of the only bank that is paid to from here, "" for any."""
    profile = registry.profile(slug)
    return profile.cnaps_prefix if profile.pays_own_bank_only else ""
