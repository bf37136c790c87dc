"""What holds for the whole house: sizes, words, floats, settings, timetable, coverage list, import contracts, compose."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from importlib import import_module
from pathlib import Path

import pytest
import yaml
from django.apps import apps
from django.db import models

from yqlink.beat import TIMETABLE
from yqlink.celery import QUEUES

ROOT = Path(__file__).resolve().parents[2]
MODULE_LINES_MAX, FUNCTION_LINES_MAX = 400, 50
OWN_APPS = {
    "audit", "desk", "masterdata", "approvals", "statements", "ledger", "payments", "receipts", "reconciliation",
    "treasury", "bankbridge", "erpbridge",
}  # fmt: skip


def tracked(*suffixes: str) -> list[Path]:
    """Files of the repository (tracked or new, never ignored ones) with one of the suffixes; all when none is given."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    paths = [ROOT / name for name in listed]
    return [path for path in paths if path.is_file() and (not suffixes or path.suffix in suffixes)]


def modules() -> list[Path]:
    """Python modules of the house: not migrations, and not the samples' maker, which is kept as it came."""
    outside = {"migrations", "samples"}
    return [path for path in tracked(".py") if not outside.intersection(path.parts)]


def test_no_module_outgrows_its_limit():
    long = {
        str(p.relative_to(ROOT)): n
        for p in modules()
        if (n := len(p.read_text("utf-8").splitlines())) > MODULE_LINES_MAX
    }

    assert long == {}


def test_no_function_outgrows_a_screen():
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno + 1 > FUNCTION_LINES_MAX
    ]

    assert long == []


def forbidden_words() -> re.Pattern[str]:
    """Names of folders outside a clone, of the tools that may have written a line, and unfinished-work marks.

    Put together from pieces, so that this file does not contain them itself.
    """
    words = [
        "/wo" + "rk/",
        "\\.\\./sha" + "red",
        "(?<!\\w)\\.lib" + "rary",
        "cla" + "ude",
        "anthro" + "pic",
        "chat" + "gpt",
        "copi" + "lot",
    ]
    words += ["(?-i:\\bTO" + "DO\\b|\\bFIX" + "ME\\b|\\bNotImplemented" + "Error\\b)"]
    return re.compile("|".join(words), re.IGNORECASE)


def test_no_forbidden_word_occurs():
    pattern = forbidden_words()
    found = []
    for path in tracked():
        if (
            path.suffix in {".png", ".xlsx", ".mo", ".ico", ".woff2"}
            or path.name == "package-lock.json"
        ):
            continue
        for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1):
            if pattern.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}")

    assert found == []


def test_money_is_never_a_float():
    floats = [
        f"{model.__name__}.{field.name}"
        for model in apps.get_models()
        if model._meta.app_label in OWN_APPS
        for field in model._meta.get_fields()
        if isinstance(field, models.FloatField)
    ]

    assert floats == []


@pytest.mark.parametrize("task", [task for task, _ in TIMETABLE])
def test_every_task_of_the_timetable_exists(task):
    module, _, name = task.rpartition(".")

    assert getattr(import_module(module), name).name == task


def test_every_table_is_private_by_contract():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    guarded = {
        name for one in contracts if one["type"] == "protected" for name in one["protected_modules"]
    }
    owners = {
        app
        for app in OWN_APPS
        if (ROOT / app / "models.py").exists() or (ROOT / app / "models").is_dir()
    }

    assert {f"{app}.models" for app in owners} <= guarded


class TestSettings:
    def variables(self) -> set[str]:
        read = re.compile(
            r"env\.\w+\(\s*\"([A-Z_]+)\"|environ(?:\.get\(|\.setdefault\(|\[)\s*\"([A-Z_]+)\""
        )
        sources = [*(ROOT / "yqlink").rglob("*.py"), *(ROOT / "kernel").glob("*.py")]
        return {a or b for path in sources for a, b in read.findall(path.read_text("utf-8"))}

    def test_every_variable_is_described(self):
        text = (ROOT / "docs" / "operations.md").read_text("utf-8")
        told = set(re.findall(r"`([A-Z][A-Z_]+)`", text))

        assert self.variables() - told == set()


class TestCoverage:
    PATH = ROOT / "docs" / "coverage.md"

    def test_every_line_names_something_that_exists(self):
        targets = set(
            re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
        )
        wrong = []
        for line in self.PATH.read_text("utf-8").splitlines():
            if not re.match(r"\|\s*[A-Z]*\d", line):
                continue
            named = re.findall(r"`([^`]+)`", line)
            good = [n for n in named if self.exists(n, targets)]
            if not named or len(good) != len(named):
                wrong.append(line)

        assert wrong == []

    def exists(self, name: str, targets: set[str]) -> bool:
        if name.startswith("make "):
            return name.split()[1] in targets
        path, _, inside = name.partition("::")
        if not (ROOT / path).exists():
            return False
        text = (ROOT / path).read_text("utf-8") if inside else ""
        return all(part.split("[")[0] in text for part in inside.split("::") if part)


class TestCompose:
    def compose(self) -> dict[str, dict]:
        return yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))

    def test_every_command_names_a_module_that_exists(self):
        for name, service in self.compose()["services"].items():
            command = service.get("command")
            if command is None:
                continue
            words = command if isinstance(command, list) else command.split()
            if words[0] == "python" and words[1] == "-m":
                path = ROOT / words[2].replace(".", "/")
                assert (
                    words[2] in {"celery", "gunicorn"}
                    or path.is_dir()
                    or path.with_suffix(".py").exists()
                ), name
            if "-A" in words:
                assert words[words.index("-A") + 1] == "yqlink.celery:app"

    def test_every_queue_has_a_worker_and_no_other(self):
        served = [
            queue
            for service in self.compose()["services"].values()
            if "-Q" in (words := service.get("command") or [])
            for queue in words[words.index("-Q") + 1].split(",")
        ]

        assert sorted(served) == sorted(QUEUES)

    def test_every_variable_is_one_the_settings_read(self):
        images = {"POSTGRES_DB", "POSTGRES_USER", "POSTGRES_PASSWORD", "DJANGO_SETTINGS_MODULE"}
        known = TestSettings().variables() | images
        for name, service in self.compose()["services"].items():
            assert set(service.get("environment") or {}) - known == set(), name
        told = set(
            re.findall(r"`([A-Z][A-Z_]+)`", (ROOT / "docs" / "operations.md").read_text("utf-8"))
        )
        assert (
            set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text("utf-8")))
            <= told | images
        )

    def test_every_file_it_mounts_exists(self):
        for service in self.compose()["services"].values():
            for volume in service.get("volumes") or []:
                source = volume.split(":")[0]
                if source.startswith("."):
                    assert (ROOT / source).exists()

    def test_dependencies_and_volumes_are_declared(self):
        compose = self.compose()
        for service in compose["services"].values():
            assert set(service.get("depends_on") or {}) <= set(compose["services"])
            named = {
                v.split(":")[0]
                for v in service.get("volumes") or []
                if not v.startswith((".", "/"))
            }
            assert named <= set(compose["volumes"])

    def test_the_simulator_runs_in_its_profile_only(self):
        assert self.compose()["services"]["simulator"]["profiles"] == ["demo"]

    def test_the_proxy_passes_to_the_port_the_web_listens_on(self):
        command = self.compose()["services"]["web"]["command"]
        port = command[command.index("--bind") + 1].rpartition(":")[2]

        assert f"web:{port}" in (ROOT / "docker" / "nginx.conf").read_text("utf-8")

    def test_the_image_copies_only_what_exists(self):
        for line in (ROOT / "Dockerfile").read_text("utf-8").splitlines():
            if line.startswith("COPY ") and "--from" not in line:
                for source in line.split()[1:-1]:
                    assert (ROOT / source).exists(), source
