"""The composition root: settings, wiring, timetable, supervisor; decides nothing, owns no rows."""
