"""open_adapter: registry + connection row + credentials + session store + wire recorder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings

from bankadapters import contract, registry
from bankadapters.errors import NotSent
from bankbridge import locks
from bankbridge.pacing import SharedPacer, pace_key
from bankbridge.recorder import About, ExchangeRecorder
from bankbridge.selectors import connection_row
from kernel import hosts
from kernel.errors import NotAllowed
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


def require_hosts(row: Connection) -> None:
    """Raise HostForbidden where an endpoint leads to a host the platform never calls, by its name's addresses of now."""
    for endpoint in row.endpoints.values():
        if not str(endpoint).startswith("file://"):
            host = hosts.host_of(str(endpoint))
            hosts.demand_allowed(host, listed=settings.BANK_HOSTS)
            hosts.demand_resolved(host)


class BridgeSessions:
    """The adapter's session, kept encrypted on the connection's row; one sign-on at a time over all processes."""

    def __init__(self, connection_id: int, recorder: ExchangeRecorder) -> None:
        self.connection_id, self._recorder = connection_id, recorder

    def load(self) -> contract.Session | None:
        """The session another process may have opened. Raises NotSent."""
        with _nothing_left("session not readable"):
            kept = load_session(self.connection_id)
        if kept is None:
            return None
        token, opened_at = kept
        self._recorder.hide(token)
        return contract.Session(token=token, opened_at=opened_at)

    def save(self, session: contract.Session | None) -> None:
        """Keep the session for all processes; None forgets it. Raises NotSent."""
        if session is not None:
            self._recorder.hide(session.token)
        with _nothing_left("session not kept"):
            save_session(
                self.connection_id,
                token=None if session is None else session.token,
                opened_at=None if session is None else session.opened_at,
            )

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One sign-on at a time for the connection. Raises NotSent when the lock cannot be had in time."""
        lock = locks.held(locks.SIGN_ON, self.connection_id, wait_s=SIGN_ON_WAIT_S)
        with ExitStack() as stack:
            with _nothing_left("sign-on lock not free"):
                stack.enter_context(lock)
            yield


@contextmanager
def _nothing_left(what: str) -> Iterator[None]:
    """Trouble with our own session store comes before any byte of the message that needs the session."""
    try:
        yield
    except Exception as error:
        raise NotSent(f"{what}: {type(error).__name__}") from error


@dataclass(frozen=True)
class Line:
    """One open adapter and the recorder of what it says; used by one thread."""

    adapter: contract.BankAdapter
    recorder: ExchangeRecorder

    def about(self, about: About) -> contract.BankAdapter:
        """The adapter, with its next exchanges filed under this subject."""
        self.recorder.file_under(about)
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
    """The adapter of a connection with its recorder. Raises NotFound, DebugLocked, HostForbidden; sends nothing yet."""
    row = connection_row(connection_id)
    require_unlocked(row)
    require_hosts(row)
    connection = contract_connection(row)
    recorder = ExchangeRecorder(connection_id, secrets=connection.secrets.values())
    sessions = BridgeSessions(connection_id, recorder)
    adapter_class = registry.adapter_class(row.bank_slug)
    pacer = SharedPacer(pace_key(connection_id, connection, adapter_class.profile))
    adapter = adapter_class(connection, sessions=sessions, recorder=recorder, pacer=pacer)
    return Line(adapter, recorder)


def open_adapter(connection_id: int) -> contract.BankAdapter:
    """The adapter of a connection, ready to talk. Raises NotFound, DebugLocked; sends nothing yet."""
    return open_line(connection_id).adapter
