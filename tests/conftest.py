"""A real PostgreSQL for every run, and a clock that stands still when a test asks for it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from kernel import clock
from tests import schema

os.environ.setdefault(
    "DJANGO_ALLOW_ASYNC_UNSAFE", "true"
)  # the browser driver keeps an event loop of its own

FUZZ_FACTOR = 20  # `make fuzz`: so many times the examples of an ordinary run
# How fast examples are drawn says something about the machine, nothing about the code. An ordinary run draws the same
# examples every time, so that what it says can be said again; `make fuzz` draws new ones.
hypothesis_settings.register_profile(
    "ordinary", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.register_profile(
    "fuzz",
    derandomize=False,
    max_examples=2000,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
_LONG = frozenset({"access", "benchmarks", "browser", "journeys", "simulation"})
_IS_FUZZ = os.environ.get("HYPOTHESIS_PROFILE") == "fuzz"
hypothesis_settings.load_profile("fuzz" if _IS_FUZZ else "ordinary")

_SERVER = pytest.StashKey[tuple[object, Path]]()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Start the embedded server unless DATABASE_URL names one; parallel workers inherit the controller's."""
    from django.conf import settings

    from yqlink.messages import compile_all

    if not hasattr(config, "workerinput"):
        compile_all(Path(__file__).resolve().parents[1])  # a bare clone has no English yet
    if os.environ.get("DATABASE_URL"):
        _copy_from(os.environ.get("TEST_TEMPLATE", ""))  # a worker of a parallel run
        return

    from yqlink.servers import Postgres
    from yqlink.settings.base import database

    home = Path(tempfile.mkdtemp(prefix="yqlink-test-"))
    server = Postgres(home, durable=False)
    server.start()
    config.stash[_SERVER] = (server, home)
    os.environ["DATABASE_URL"] = server.url()
    # In place: Django's connections hold this very dictionary and none is open yet.
    settings.DATABASES["default"].update(database(server.url()))
    os.environ["TEST_TEMPLATE"] = schema.make_template(server.url())
    _copy_from(os.environ["TEST_TEMPLATE"])


def _copy_from(template: str) -> None:
    """Test databases are copies of this one, migrated already."""
    from django.conf import settings

    if template:
        settings.DATABASES["default"].setdefault("TEST", {})["TEMPLATE"] = template


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop and delete what pytest_configure started."""
    if _SERVER in config.stash:
        server, home = config.stash[_SERVER]
        server.delete()  # type: ignore[attr-defined]
        shutil.rmtree(home, ignore_errors=True)
        del os.environ["DATABASE_URL"], os.environ["TEST_TEMPLATE"]
    if not hasattr(config, "workerinput"):
        Path(os.environ.get("REGISTRARS_FILE", "")).unlink(missing_ok=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, so that no worker of a parallel run ends alone; under `make fuzz` the tests that name their own number
    of examples get FUZZ_FACTOR times as many."""
    here = Path(__file__).parent
    items.sort(key=lambda item: item.path.relative_to(here).parts[0] not in _LONG)
    if not _IS_FUZZ:
        return
    name = "_hypothesis_internal_use_settings"
    functions = {
        getattr(obj, "__func__", obj) for item in items if (obj := getattr(item, "obj", None))
    }
    for function in functions:
        own = getattr(function, name, None)
        if own is not None and own.max_examples != 2000:
            more = hypothesis_settings(
                own, max_examples=own.max_examples * FUZZ_FACTOR, deadline=None
            )
            setattr(function, name, more)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> None:
    """The database with all migrations; between tests its rows are deleted."""
    from tests import emptying

    emptying.install()


@pytest.fixture(autouse=True)
def factor_just_given() -> Iterator[None]:
    """Whoever a test signs in by `force_login` has just given the second factor; a real sign-in has to give it itself."""
    from django.contrib.auth.signals import user_logged_in

    from kernel import clock
    from masterdata.services import stepup

    def give(sender: object, request: object, user: object, **_: object) -> None:
        if "REQUEST_METHOD" not in request.META:  # type: ignore[attr-defined]  # force_login makes a request out of nothing
            given = stepup.StepUp(user.pk, "totp", "totp:0", clock.now())  # type: ignore[attr-defined]
            stepup.keep(request.session, given)  # type: ignore[attr-defined]

    user_logged_in.connect(give)
    yield
    user_logged_in.disconnect(give)


@pytest.fixture
def frozen_clock() -> Iterator[clock.fixed]:
    """Tuesday 24 November 2026, 09:30 in Shanghai, standing still until `advance`d."""
    with clock.fixed(datetime(2026, 11, 24, 9, 30, tzinfo=clock.SHANGHAI)) as fixed:
        yield fixed
