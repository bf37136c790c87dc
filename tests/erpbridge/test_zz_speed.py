import sys
import time

import pytest
from django.db import connection
from django.test import Client

from masterdata.roles import Role
from tests.build import a_user
from tests.reconciliation.build import Told, bank_lines

pytestmark = pytest.mark.django_db
N = 1_000_000


def test_speed(world, frozen_clock):
    account = world.account
    (pk,) = bank_lines(account, Told("60.00", name="恒通化工", text="货款"))
    with connection.cursor() as c:
        c.execute(
            """INSERT INTO statements_statemententry (account_id,company_id,source,bank_date,booked_at,bank_serial,direction,occurrence,revision,amount,currency,counterparty_name,counterparty_account,counterparty_bank,narrative,purpose,reference,digest,fetched_at)
        SELECT account_id,company_id,source,date '2026-01-01'+(n%%320),timestamptz '2026-01-01 09:00+08'+(n%%320)*interval '1 day'+n*interval '1 millisecond','Z'||n,CASE WHEN n%%3=0 THEN 'credit' ELSE 'debit' END,1,1,(n%%99999)+1,currency,'供应商'||(n%%5000),'6222'||(n%%5000),'','货款'||n,'','',md5(n::text)||md5(n::text),fetched_at FROM statements_statemententry, generate_series(1,%s) n WHERE id=%s""",
            [N, pk],
        )
        c.execute(
            """INSERT INTO bankbridge_exchange (key,connection_id,operation,subject_kind,subject_id,company_id,began_at,ended_at,latency_ms,request,request_sha256,request_bytes,answer,answer_sha256,answer_bytes,result,error)
        SELECT 'K'||n,%s,'b2e0007','payments.instruction',n/3,%s,timestamptz '2026-01-01 09:00+08'+n*interval '1 second',NULL,(n%%900),'\\x01','',800,NULL,'',900,'answered','' FROM generate_series(1,%s) n""",
            [account.connection_id, account.company_id, N],
        )
        c.execute(
            """INSERT INTO statements_dayclose (account_id,company_id,day,opening,credits,debits,closing,entry_count,difference,is_closed,checked_at,note,status,findings,amended_count)
        SELECT %s,%s,date '1900-01-01'+n,1,2,3,n,4,0,true,now(),'','complete','[]',0 FROM generate_series(1,40000) n""",
            [account.pk, account.company_id],
        )
        c.execute("ANALYZE")

    def look(who, path, **g):
        client = Client()
        client.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
        client.get(path, g)
        t = time.perf_counter()
        a = client.get(path, g)
        d = (time.perf_counter() - t) * 1000
        rows = a.content.decode(errors="ignore").count("<tr data-id=")
        sys.stderr.write(f"SPEED {path} {g} {a.status_code} rows={rows} {d:.0f} ms\n")

    acc = a_user(Role.RECONCILER, company=account.company)
    aud = a_user(Role.AUDITOR, company=account.company)
    T = "/reconciliation/transactions/"
    for g in (
        {},
        {"totals": "all"},
        {"q": "货款777777"},
        {"q": "供应商4999"},
        {"q": "没有这个"},
        {"q": "货款"},
        {"amount_from": "500", "amount_to": "500"},
        {"day_from": "2026-03-01", "day_to": "2026-03-01"},
        {"account": account.pk, "direction": "credit"},
        {"matched": "False"},
        {"matched": "True"},
        {"receipt": "False"},
        {"receipt": "True"},
        {"sort": "amount"},
        {"bank": account.bank_id and account.bank.prefix},
    ):
        look(acc, T, **g)
    B = "/statements/balance-changes/"
    for g in ({}, {"change": "100000"}, {"account": account.pk}, {"totals": "all"}):
        look(acc, B, **g)
    L = "/interface-log/"
    for g in (
        {},
        {"id": "K777777"},
        {"subject": "12345"},
        {"slow": "898"},
        {"slow": "100000"},
        {"op": "b2e0007"},
        {"op": "x"},
        {"result": "lost"},
        {"began_from": "2026-01-05", "began_to": "2026-01-05"},
        {"connection": account.connection_id},
    ):
        look(aud, L, **g)
