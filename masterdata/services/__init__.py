"""Every write of master data, by noun."""

from masterdata.services.banks import lay_down_banks, write_profile
from masterdata.services.connections import (
    connection_credentials,
    credential_names,
    freeze_connection,
    load_session,
    note_health,
    propose_connection,
    propose_credentials,
    save_session,
    stop_connection,
    write_credentials,
)
from masterdata.services.payees import (
    Decided,
    PayeeProposal,
    decide_payee,
    decide_payees,
    propose_payee,
    stage_payee,
    stage_payees,
)
from masterdata.services.people import (
    IssuedKey,
    authenticate_client,
    change_password,
    choose_language,
    issue_client,
)

__all__ = [
    "Decided",
    "IssuedKey",
    "PayeeProposal",
    "authenticate_client",
    "change_password",
    "choose_language",
    "connection_credentials",
    "credential_names",
    "decide_payee",
    "decide_payees",
    "freeze_connection",
    "issue_client",
    "lay_down_banks",
    "load_session",
    "note_health",
    "propose_connection",
    "propose_credentials",
    "propose_payee",
    "save_session",
    "stage_payee",
    "stage_payees",
    "stop_connection",
    "write_credentials",
    "write_profile",
]
