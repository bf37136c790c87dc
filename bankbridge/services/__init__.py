"""Job orchestration at the bank border: dispatch, inquiry, pulls, profiles, health."""
