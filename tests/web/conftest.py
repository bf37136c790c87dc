"""The people of master data, for tests of the web."""

from tests.masterdata.conftest import group, house

__all__ = ["group", "house"]
