"""Pages of the desk through HTTP: sign-in wall, language, jobs, views, cases."""

from __future__ import annotations

import pytest

from desk import selectors, services

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(django_user_model, client):
    user = django_user_model.objects.create(
        username="wang", display_name="王小萌", person_key="wang"
    )
    client.force_login(user)
    return user


@pytest.mark.parametrize("path", ["/", "/cases/", "/jobs/", "/notifications/"])
def test_pages_open_for_a_person_and_ask_others_to_sign_in(client, person, path):
    inside = client.get(path)
    client.logout()
    outside = client.get(path)

    assert inside.status_code == 200
    assert "王小萌" in inside.content.decode()
    assert outside.status_code == 302
    assert outside.url.startswith("/sign-in/")


def test_the_list_answers_htmx_with_its_table_alone(client, person):
    answer = client.get("/cases/", headers={"HX-Request": "true", "HX-Target": "list"})

    assert "<html" not in answer.content.decode()


def test_what_htmx_brings_carries_the_filters_to_export_and_views(client, person):
    answer = client.get("/cases/?q=x", headers={"HX-Request": "true", "HX-Target": "list"})

    text = answer.content.decode()
    assert 'href="?q=x&amp;export=xlsx" hx-swap-oob="true"' in text
    assert 'name="query" value="?q=x" form="save-view" hx-swap-oob="true"' in text


def test_a_job_stops_polling_when_it_is_over(client, person):
    job = services.start_job(kind="export", title="导出", user_id=person.pk)
    going = client.get(f"/jobs/{job.pk}/", headers={"HX-Request": "true"})
    services.finish(job_id=job.pk, result_name="清单.xlsx", result=b"bytes")

    over = client.get(f"/jobs/{job.pk}/", headers={"HX-Request": "true"})

    assert (going.status_code, over.status_code) == (200, 286)
    assert client.get(f"/jobs/{job.pk}/result/").content == b"bytes"


def test_another_persons_job_looks_absent(client, person, django_user_model):
    other = django_user_model.objects.create(username="li")
    job = services.start_job(kind="export", title="导出", user_id=other.pk)

    assert client.get(f"/jobs/{job.pk}/").status_code == 404


def test_a_view_is_saved_and_never_leads_off_the_site(client, person):
    posted = {
        "page": "p",
        "name": "待办",
        "query": "?state=unknown",
        "next": "https://evil.example/",
    }

    answer = client.post("/views/save/", posted)

    assert answer.url == "/?state=unknown"
    assert [view.name for view in selectors.saved_views(user_id=person.pk, page="p")] == ["待办"]


def test_a_view_is_dropped_by_its_owner_alone(client, person, django_user_model):
    other = django_user_model.objects.create(username="li")
    mine, theirs = (
        services.save_view(user_id=user.pk, page="p", name="待办", query="q=1")
        for user in (person, other)
    )

    for view in (mine, theirs):
        client.post("/views/drop/", {"view": str(view.pk), "next": "/cases/"})

    assert not selectors.saved_views(user_id=person.pk, page="p")
    assert [view.pk for view in selectors.saved_views(user_id=other.pk, page="p")] == [theirs.pk]
