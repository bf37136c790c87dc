"""The ladder of rules, most certain first."""
