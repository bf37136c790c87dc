"""The indexes of live matches begin with what tells lines apart: within an account's table the account tells nothing."""

from django.db import migrations

_DROP = """
    ALTER TABLE reconciliation_matchline DROP CONSTRAINT reconciliation_matchline_pkey;
    DROP INDEX one_match_a_bank_line;
    DROP INDEX one_match_a_book_line;
"""
FORWARD = _DROP + """
    ALTER TABLE reconciliation_matchline ADD PRIMARY KEY (match_no, place, account_id);
    CREATE UNIQUE INDEX one_match_a_bank_line ON reconciliation_matchline (bank_id, account_id) WHERE bank_id IS NOT NULL;
    CREATE UNIQUE INDEX one_match_a_book_line ON reconciliation_matchline (book_id, account_id) WHERE book_id IS NOT NULL;
"""
BACKWARD = _DROP + """
    ALTER TABLE reconciliation_matchline ADD PRIMARY KEY (account_id, match_no, place);
    CREATE UNIQUE INDEX one_match_a_bank_line ON reconciliation_matchline (account_id, bank_id) WHERE bank_id IS NOT NULL;
    CREATE UNIQUE INDEX one_match_a_book_line ON reconciliation_matchline (account_id, book_id) WHERE book_id IS NOT NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("reconciliation", "0006_explained")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
