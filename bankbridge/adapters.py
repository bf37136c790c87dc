"""open_adapter: registry + connection row + credentials + session store + wire recorder."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings

from bankadapters import contract, registry
from bankbridge import locks
from bankbridge.recorder import About, ExchangeRecorder
from bankbridge.selectors import connection_row
from kernel.errors import NotAllowed
from kernel.secrets import Secret
from masterdata.services.connections import connection_credentials, load_session, save_session

if TYPE_CHECKING:
    from masterdata.models import Connection

SIGN_ON_WAIT_S = 60


class DebugLocked(NotAllowed):
    """A process that is not a production one must not reach a live bank (调试锁定)."""

    code = "debug_lock"

    def __init__(self) -> None:
        super().__init__(
            "调试锁定：当前环境不是生产环境，禁止连接生产银行通道",
            "debug lock: this process may not reach a live bank",
        )


def require_unlocked(row: Connection) -> None:
    """Raise DebugLocked where a live connection meets settings that are not those of a live process."""
    if row.channel == "live" and (settings.CHANNEL != "live" or settings.DEBUG):
        raise DebugLocked()


class BridgeSessions:
    """The adapter's session, kept encrypted on the connection's row; one sign-on at a time over all processes."""

    def __init__(self, connection_id: int) -> None:
        self.connection_id = connection_id

    def load(self) -> contract.Session | None:
        """The session another process may have opened."""
        kept, _ = load_session(self.connection_id)
        if "token" not in kept:
            return None
        opened_at = datetime.fromisoformat(kept["opened_at"])
        return contract.Session(token=Secret(kept["token"]), opened_at=opened_at)

    def save(self, session: contract.Session | None) -> None:
        """Keep the session for all processes; None forgets it."""
        content = (
            {}
            if session is None
            else {"token": session.token.reveal(), "opened_at": session.opened_at.isoformat()}
        )
        save_session(self.connection_id, content)

    def locked(self) -> AbstractContextManager[None]:
        """One sign-on at a time for the connection."""
        return locks.held(locks.SIGN_ON, self.connection_id, wait_s=SIGN_ON_WAIT_S)


@dataclass(frozen=True)
class Line:
    """One open adapter and the recorder of what it says; used by one thread."""

    adapter: contract.BankAdapter
    recorder: ExchangeRecorder

    def about(self, about: About) -> contract.BankAdapter:
        """The adapter, with its next exchanges filed under this subject."""
        self.recorder.about = about
        return self.adapter


def contract_connection(row: Connection) -> contract.Connection:
    """The connection's row in the contract's words, credentials decrypted."""
    parameters = {str(name): str(value) for name, value in row.parameters.items()}
    if row.not_found_codes:
        parameters["not_found_codes"] = ",".join(row.not_found_codes)
    return contract.Connection(
        bank=row.bank_slug,
        endpoints=row.endpoints,
        parameters=parameters,
        secrets=connection_credentials(row),
        final_failures=frozenset(row.final_failures),
        connect_timeout_s=float(row.connect_timeout_s),
        read_timeout_s=float(row.read_timeout_s),
    )


def open_line(connection_id: int) -> Line:
    """The adapter of a connection with its recorder. Raises NotFound, DebugLocked; sends nothing yet."""
    row = connection_row(connection_id)
    require_unlocked(row)
    recorder = ExchangeRecorder(connection_id)
    adapter_class = registry.adapter_class(row.bank_slug)
    adapter = adapter_class(
        contract_connection(row), sessions=BridgeSessions(connection_id), recorder=recorder
    )
    return Line(adapter, recorder)


def open_adapter(connection_id: int) -> contract.BankAdapter:
    """The adapter of a connection, ready to talk. Raises NotFound, DebugLocked; sends nothing yet."""
    return open_line(connection_id).adapter
