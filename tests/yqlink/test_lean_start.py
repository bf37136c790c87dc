"""What a process need not hold to be up: libraries come in with the first thing that needs them."""

from __future__ import annotations

import subprocess
import sys

LATE = {
    *(
        "celery",
        "kombu",
        "cryptography",
        "gmssl_pyx",
        "lxml",
        "pydantic",
        "duckdb",
        "adbc_driver_postgresql",
    ),
    *("sqlalchemy", "httpx", "openpyxl", "xlsxwriter", "python_calamine", "weasyprint", "pypinyin"),
    *("chinese_calendar", "stdnum", "iso4217", "webauthn", "django.contrib.admin"),
}


class TestSetup:
    def test_a_process_that_takes_in_statements_begins_without_the_libraries_of_others(self):
        look = "import sys, django; django.setup(); import statements.services.paths; print(*sys.modules)"

        done = subprocess.run(
            [sys.executable, "-c", look], check=True, capture_output=True, text=True
        )

        assert LATE & set(done.stdout.split()) == set()
