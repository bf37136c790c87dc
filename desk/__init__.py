"""What pages need whatever the subject: list pages, imports, confirm tokens, jobs, notifications, exception cases."""
