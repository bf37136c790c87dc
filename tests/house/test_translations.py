"""Every Chinese text of pages has an English one, and the catalogues compile without GNU gettext."""

from __future__ import annotations

import gettext

from tests.house import translations
from yqlink.messages import compile_all


def test_every_text_has_an_english_form():
    assert translations.missing() == []


def test_catalogues_compile_without_gettext(tmp_path):
    folder = tmp_path / "locale" / "en" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text(
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "付款单"\nmsgstr "Payment order"\n',
        "utf-8",
    )

    written = compile_all(tmp_path)

    with written[0].open("rb") as stream:
        assert gettext.GNUTranslations(stream).gettext("付款单") == "Payment order"
    assert compile_all(tmp_path) == []
