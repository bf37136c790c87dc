"""Master data: companies, people, accounts, counterparties, banks, connections, calendars."""

from masterdata.models.access import (
    Factor,
    OldPassword,
    RecoveryCode,
    SecurityKey,
    SignInTry,
    UserSession,
)
from masterdata.models.accounts import OwnAccount
from masterdata.models.banks import Bank, BankProfile, Branch
from masterdata.models.calendars import CalendarDay, CalendarYear
from masterdata.models.changes import StagedChange
from masterdata.models.clients import ApiKey, ApiNonce
from masterdata.models.companies import Company
from masterdata.models.connections import Connection, OutboundGate
from masterdata.models.counterparties import Counterparty, CounterpartyAccount
from masterdata.models.payees import CallBack, PayeeVersion
from masterdata.models.people import ApiClient, Delegation, Membership, User
from masterdata.models.strategy import StrategyRow
from masterdata.models.subjects import AccountSubject

__all__ = [
    "AccountSubject",
    "ApiClient",
    "ApiKey",
    "ApiNonce",
    "Bank",
    "BankProfile",
    "Branch",
    "CalendarDay",
    "CalendarYear",
    "CallBack",
    "Company",
    "Connection",
    "Counterparty",
    "CounterpartyAccount",
    "Delegation",
    "Factor",
    "Membership",
    "OldPassword",
    "OutboundGate",
    "OwnAccount",
    "PayeeVersion",
    "RecoveryCode",
    "SecurityKey",
    "SignInTry",
    "StagedChange",
    "StrategyRow",
    "User",
    "UserSession",
]
