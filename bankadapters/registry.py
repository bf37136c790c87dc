"""Banks by slug: a literal table of dotted paths."""

from __future__ import annotations

import difflib
from importlib import import_module

from bankadapters.contract import BankAdapter, Connection, Profile, SessionStore, WireRecorder
from bankadapters.transport import Transport

ADAPTERS: dict[str, str] = {
    "abc": "bankadapters.banks.abc.adapter:AbcAdapter",
    "boc": "bankadapters.banks.boc.adapter:BocAdapter",
    "bocom": "bankadapters.banks.bocom.adapter:BocomAdapter",
    "ccb": "bankadapters.banks.ccb.adapter:CcbAdapter",
    "ceb": "bankadapters.banks.ceb.adapter:CebAdapter",
    "cgb": "bankadapters.banks.cgb.adapter:CgbAdapter",
    "cib": "bankadapters.banks.cib.adapter:CibAdapter",
    "citic": "bankadapters.banks.citic.adapter:CiticAdapter",
    "cmb": "bankadapters.banks.cmb.adapter:CmbAdapter",
    "cmbc": "bankadapters.banks.cmbc.adapter:CmbcAdapter",
    "icbc": "bankadapters.banks.icbc.adapter:IcbcAdapter",
    "iso20022": "bankadapters.banks.iso20022.adapter:Iso20022Adapter",
    "pingan": "bankadapters.banks.pingan.adapter:PinganAdapter",
    "psbc": "bankadapters.banks.psbc.adapter:PsbcAdapter",
    "spdb": "bankadapters.banks.spdb.adapter:SpdbAdapter",
    "swift_mt": "bankadapters.banks.swift_mt.adapter:SwiftMtAdapter",
}


class UnknownBank(LookupError):
    """No adapter of that name."""


def slugs() -> list[str]:
    """All banks there is an adapter for."""
    return sorted(ADAPTERS)


def adapter_class(slug: str) -> type[BankAdapter]:
    """The adapter of a bank. Raises UnknownBank suggesting the nearest name."""
    try:
        path = ADAPTERS[slug]
    except KeyError:
        near = difflib.get_close_matches(slug, ADAPTERS, 1, 0)
        raise UnknownBank(f"no bank {slug!r}; did you mean {near[0]!r}?") from None
    module, _, name = path.partition(":")
    found = getattr(import_module(module), name)
    if not (isinstance(found, type) and issubclass(found, BankAdapter)):
        raise TypeError(f"{path} is not a bank adapter")
    return found


def profile(slug: str) -> Profile:
    """What the bank's adapter declares of its bank."""
    return adapter_class(slug).profile


def open(
    connection: Connection,
    *,
    transport: Transport | None = None,
    sessions: SessionStore | None = None,
    recorder: WireRecorder | None = None,
) -> BankAdapter:
    """The adapter for a connection, ready to talk."""
    return adapter_class(connection.bank)(
        connection, transport=transport, sessions=sessions, recorder=recorder
    )


open_adapter = open
