"""The pages of signing keys: asked for, confirmed by an officer who heard the fingerprint, revoked."""

from __future__ import annotations

import pytest
from django.test import Client

from approvals.models import SigningKey
from approvals.signing import keys
from kernel.errors import NotAllowed
from tests.approvals.test_signing import GOOD, established
from tests.signing import PASSPHRASE, give_key


class TestPages:
    def browser(self, user):
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    def test_a_person_asks_for_a_key_and_an_officer_confirms_it(self, people):
        established(people["officer"])
        mine, theirs = self.browser(people["checker"]), self.browser(people["officer"])
        typed = {"passphrase": GOOD.reveal(), "again": GOOD.reveal()}

        assert mine.post("/approvals/keys/new/", typed).status_code == 302
        key = SigningKey.objects.get(user=people["checker"])
        shown = theirs.get(f"/approvals/keys/{key.pk}/confirm/").content.decode()
        done = theirs.post(
            f"/approvals/keys/{key.pk}/confirm/",
            {"version": key.version, "digits": key.fingerprint[-8:], "passphrase": PASSPHRASE.reveal()},
        )  # fmt: skip

        key.refresh_from_db()
        assert key.fingerprint[-8:] in mine.get("/approvals/keys/").content.decode()
        assert key.fingerprint[-8:] not in shown  # it is to be heard from its owner, not read here
        assert (done.status_code, key.state) == (302, "active")

    def test_shows_other_peoples_keys_to_officers_only(self, people):
        established(people["officer"])
        key = give_key(people["releaser"])

        assert (
            key.fingerprint[:16]
            in self.browser(people["officer"]).get("/approvals/keys/").content.decode()
        )
        assert (
            key.fingerprint[:16]
            not in self.browser(people["checker"]).get("/approvals/keys/").content.decode()
        )
        assert (
            self.browser(people["checker"]).get(f"/approvals/keys/{key.pk}/revoke/").status_code
            == 404
        )
        assert (
            self.browser(people["checker"]).get(f"/approvals/keys/{key.pk}/confirm/").status_code
            == 403
        )

    def test_a_lost_key_is_revoked_with_a_reason(self, people):
        key = give_key(people["releaser"])

        self.browser(people["releaser"]).post(
            f"/approvals/keys/{key.pk}/revoke/", {"version": key.version, "why": "笔记本遗失"}
        )

        key.refresh_from_db()
        assert (key.state, key.end_reason) == ("revoked", "笔记本遗失")
        with pytest.raises(NotAllowed):
            keys.unlock(user=people["releaser"], passphrase=PASSPHRASE)
