"""One settings file per stage; secrets come from the environment only."""
