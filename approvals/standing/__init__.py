"""Standing mandates (常设授权): a releaser signs once, within limits and dates, for transfers between two own accounts.

`models` the versions and what was signed and done under them · `kind` their dated settings · `services` sign, stop, release ·
`verifying` what a release under a mandate is worth · `pages` for the people who sign and stop.
"""
