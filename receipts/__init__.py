"""Collections and arrival notices."""
