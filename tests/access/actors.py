"""Who knocks: one person for every duty in every relation to the company, visitors, and calling systems."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.test import Client

from masterdata.models import Company, Membership, User
from masterdata.roles import Role
from masterdata.services import people, stepup
from masterdata.views.sign_in import SEEN_AT, SIGNED_IN_AT
from tests import build

if TYPE_CHECKING:
    from tests.access.world import Site


@dataclass
class Actor:
    """Who knocks: somebody with duties (each in some companies), a visitor, or a system with the rights of its key."""

    name: str
    user: User | None = None
    duties: dict[str, frozenset[int]] = field(default_factory=dict)
    companies: frozenset[int] = frozenset()
    rights: frozenset[str] = frozenset()  # of a system's key
    cookie: str = ""
    authorization: str = ""
    is_in: bool = True  # whether the platform knows them
    is_system: bool = False

    @property
    def group(self) -> str:
        """How their company stands to the object's; "" for visitors and systems."""
        return "" if self.is_system else self.name.partition("@")[2]

    def has_any(self, duties: frozenset[str], company_id: int = 0) -> bool:
        """Whether any of the duties is held (in that company)."""
        return any(
            company_id in self.duties[one] if company_id else bool(self.duties[one])
            for one in duties & self.duties.keys()
        )


def _cookie(user: User) -> str:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    session[SIGNED_IN_AT] = session[SEEN_AT] = time.time()  # else every knock would write it anew
    stepup.keep(session, build.step_up(user))  # no verdict may hang on the second factor
    session.save()
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def _person(name: str, duties: list[tuple[Role, int]]) -> Actor:
    user = User.objects.create(username=name, display_name=name, person_key=f"p:{name}")
    for role, company_id in duties:
        Membership.objects.create(user=user, role=role.value, company_id=company_id)
    held = {role.value: frozenset({company_id}) for role, company_id in duties}
    companies = frozenset(company_id for _, company_id in duties)
    return Actor(name, user, held, companies, cookie=_cookie(user))


def _above(role: Role, site: Site) -> Actor:
    """A duty in the head office reaches every company below it."""
    head = Company.objects.get(code="HEAD")
    actor = _person(f"{role.value}@above", [(role, head.pk)])
    actor.companies = frozenset({head.pk, site.companies["own"], site.companies["sibling"]})
    actor.duties = {role.value: actor.companies}
    return actor


def _people(site: Site) -> list[Actor]:
    """Every duty in the own company, in a sibling, in another group; and in a sibling while looking on in the own one."""
    actors = []
    for role in Role:
        for relation in ("own", "sibling", "other"):
            actors.append(_person(f"{role.value}@{relation}", [(role, site.companies[relation])]))
        actors.append(_above(role, site))
        if role is not Role.VIEWER:
            crossed = [(role, site.companies["sibling"]), (Role.VIEWER, site.companies["own"])]
            actors.append(_person(f"{role.value}@crossed", crossed))
    return actors


def _visitors(world: Any) -> list[Actor]:
    """Those the platform does not know (any more): no session, one too old, a stopped account, no duties, a wrong key."""
    old = _person("too-old", [(Role.MAKER, world.company.pk)])
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = old.cookie
    session = client.session
    session[SIGNED_IN_AT] = 1.0
    session.save()
    gone = _person("stopped", [(Role.RELEASER, world.company.pk)])
    User.objects.filter(username="stopped").update(is_active=False)
    for one in (old, gone):
        one.is_in, one.duties = False, {}
    return [
        Actor("nobody", is_in=False),
        old,
        gone,
        _person("no-duty", []),
        Actor("wrong-key", is_in=False, authorization="YQ unknown:secret"),
    ]


SYSTEM_RIGHTS = frozenset(
    {"payments.view", "payments.make", "payments.import", "statements.view", "masterdata.view", "payees.propose",
     "vouchers.acknowledge"}
)  # fmt: skip


def _systems(site: Site) -> list[Actor]:
    """Calling systems of each company, one with no rights, one revoked."""
    actors = [
        _system(_client(f"system@{name}", pk, SYSTEM_RIGHTS), SYSTEM_RIGHTS, pk)
        for name, pk in site.companies.items()
    ]
    bare = _client("system without rights", site.company_id, frozenset())
    actors.append(_system(bare, frozenset(), site.company_id))
    revoked = _client("system revoked", site.company_id, SYSTEM_RIGHTS)
    revoked.client.is_active = False
    revoked.client.save()
    stopped = _system(revoked, frozenset(), site.company_id)
    stopped.is_in = False
    return [*actors, stopped]


@transaction.atomic
def _client(name: str, company_id: int, rights: frozenset[str]) -> people.IssuedKey:
    acts_for = User.objects.create(username=name[:30], display_name=name, person_key=f"s:{name}")
    return people.issue_client(
        name=name, source_system=name[:30], companies=[Company.objects.get(pk=company_id)],
        rights=rights, acts_for=acts_for,
    )  # fmt: skip


def _system(issued: people.IssuedKey, rights: frozenset[str], company_id: int) -> Actor:
    return Actor(
        issued.client.name,
        companies=frozenset({company_id}),
        rights=rights,
        authorization=f"YQ {issued.client.key_id}:{issued.secret.reveal()}",
        is_system=True,
    )


def everybody(site: Site, world: Any) -> list[Actor]:
    """All who knock."""
    return [*_people(site), *_visitors(world), *_systems(site)]
