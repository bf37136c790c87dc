"""Collection runs of receipts: claimed in a transaction, fetched without one, noted in one."""

from __future__ import annotations

import structlog

from bankbridge.services import pull
from receipts.services import collecting, pulling

log = structlog.get_logger(__name__)
RUNS_MOST = 50  # a tick


def collect() -> int:
    """Make the runs that are due; how many were fetched. A bank that does not answer is asked again later."""
    done = 0
    for _ in range(RUNS_MOST):
        run = collecting.claim_run()
        if run is None:
            break
        error = ""
        try:
            pull.balances([run.account_id], now=True)  # what a pull reckons with
            if not pull.statements([run.account_id], now=True):
                error = "银行未应答或账户未开通直联"
        except Exception as broken:
            log.exception("collection_broke", run=run.pk)
            error = str(broken)[:200] or type(broken).__name__
        collecting.finish_run(run_id=run.pk, error=error)
        done += not error
    pulling.release_left()
    return done
