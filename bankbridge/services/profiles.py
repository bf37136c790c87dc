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


def tells_accounts(slug: str) -> bool:
    """Whether balances and entries of the bank are to be had: without them nothing is released or reconciled."""
    return {Ability.BALANCE, Ability.TRANSACTIONS} <= registry.adapter_class(slug).abilities
