"""Companion files: taken whole, put whole, by plain names only."""

from __future__ import annotations

import threading

import pytest

from bankadapters.errors import NotSent, Unreadable
from bankadapters.files import Folder


class TestTake:
    def test_waits_until_all_lines_are_there(self, tmp_path):
        (tmp_path / "A.0001.DETAIL").write_bytes(b"1|\n")
        late = threading.Timer(0.3, lambda: (tmp_path / "A.0001.DETAIL").write_bytes(b"1|\n2|\n"))
        late.start()

        data = Folder(tmp_path, wait_s=5).take("A.0001.DETAIL", lines=2)
        late.join()

        assert data == b"1|\n2|\n"

    @pytest.mark.parametrize("lines", [None, 3])
    def test_a_file_that_never_comes_or_never_ends_is_unreadable(self, tmp_path, lines):
        if lines:
            (tmp_path / "A").write_bytes(b"1|\n")

        with pytest.raises(Unreadable, match="is not"):
            Folder(tmp_path, wait_s=0).take("A", lines=lines)


class TestPut:
    def test_is_there_whole(self, tmp_path):
        Folder(tmp_path).put("form.1_2.20260310", b"x" * 10)

        assert [f.name for f in tmp_path.iterdir()] == ["form.1_2.20260310"]

    def test_a_folder_that_is_gone_means_nothing_was_sent(self, tmp_path):
        with pytest.raises(NotSent):
            Folder(tmp_path / "gone").put("a", b"")


@pytest.mark.parametrize("name", ["../a", "/etc/passwd", "a/b", "", ".hidden", "a..b", "a\x00"])
def test_names_that_lead_elsewhere_are_refused(tmp_path, name):
    with pytest.raises(Unreadable):
        Folder(tmp_path, wait_s=0).take(name)
    with pytest.raises(NotSent):
        Folder(tmp_path).put(name, b"")
