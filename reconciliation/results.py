"""What a matching found, in words: every match and every proposal as one row with its reason, in the reader's language."""

from __future__ import annotations

from pathlib import Path

from django.utils.translation import gettext as _

from reconciliation.rules.board import Board

_YUAN = """
    CREATE MACRO yuan(c) AS format('{}{:,}.{:02d}', CASE WHEN c < 0 THEN '-' ELSE '' END, abs(c) // 100, abs(c) % 100)
"""
_MATCHES = """
    SELECT x.id AS bank_ids, y.id AS book_ids, pair.rung AS rule, CASE pair.basis
            WHEN 'reference' THEN format(getvariable('say_reference'), x.ref, yuan(x.cents), abs(x.day - y.day))
            WHEN 'mention' THEN format(getvariable('say_mention'), tied, yuan(x.cents), abs(x.day - y.day))
            WHEN 'account' THEN format(getvariable('say_account'), yuan(x.cents), abs(x.day - y.day))
            WHEN 'name' THEN format(getvariable('say_name'), yuan(x.cents), abs(x.day - y.day))
            ELSE format(getvariable('say_text'), yuan(x.cents), abs(x.day - y.day)) END
        || CASE WHEN len(rejected) > 0 THEN format(getvariable('say_rejected'), len(rejected)) ELSE '' END AS reason
    FROM pair JOIN line AS x ON x.rowid = pair.b JOIN line AS y ON y.rowid = pair.k LEFT JOIN note ON note.n = pair.b
    UNION ALL
    SELECT coalesce(string_agg(id, ';' ORDER BY id) FILTER (bank), ''),
        coalesce(string_agg(id, ';' ORDER BY id) FILTER (NOT bank), ''), grp.rung, CASE grp.basis
            WHEN 'reversal' THEN format(getvariable('say_reversal'), coalesce(min(tied), min(ref)), yuan(min(cents)))
            WHEN 'reference' THEN format(getvariable('say_sum'), min(ref), count(*) FILTER (bank), count(*) FILTER (NOT bank),
                yuan(coalesce(sum(cents) FILTER (bank), 0)::BIGINT))
            ELSE format(getvariable('say_sum'), min(tied), count(*) FILTER (bank), count(*) FILTER (NOT bank),
                yuan(coalesce(sum(cents) FILTER (bank), 0)::BIGINT)) END
    FROM member JOIN grp USING (g) JOIN line ON line.rowid = member.n LEFT JOIN note ON note.n = member.n
    GROUP BY g, grp.rung, grp.basis
"""
_PROPOSALS = """
    WITH numbered AS (SELECT rowid AS p, * FROM proposal), named AS (
        SELECT p, id, bank FROM (SELECT p, unnest(list_concat(bank, book)) AS n FROM numbered) AS u JOIN line ON line.rowid = u.n)
    SELECT coalesce(string_agg(id, ';' ORDER BY id) FILTER (named.bank), '') AS bank_ids,
        coalesce(string_agg(id, ';' ORDER BY id) FILTER (NOT named.bank), '') AS book_ids, rung AS rule,
        CASE reason
            WHEN 'ambiguous' THEN getvariable('say_ambiguous') WHEN 'uneven' THEN getvariable('say_uneven')
            WHEN 'bound' THEN getvariable('say_bound') WHEN 'no_second_signal' THEN getvariable('say_no_second_signal')
            WHEN 'by_party' THEN getvariable('say_by_party') WHEN 'exact_cover' THEN getvariable('say_exact_cover')
            WHEN 'sum_differs' THEN format(getvariable('say_sum_differs'), detail, yuan(residual))
            WHEN 'fee' THEN format(getvariable('say_fee'), yuan(residual))
            ELSE format(getvariable('say_voucher'), CASE detail WHEN 'interest' THEN getvariable('say_interest')
                WHEN 'tax' THEN getvariable('say_tax') WHEN 'fee' THEN getvariable('say_bank_fee') ELSE detail END) END AS reason
    FROM numbered JOIN named USING (p) GROUP BY p, rung, reason, detail, residual
"""
_ORDERED = (
    "COPY (SELECT * FROM ({rows}) ORDER BY rule, bank_ids, book_ids, reason) TO '{path}' (HEADER)"
)


def words() -> dict[str, str]:
    """The reasons, with holes for what they compared."""
    return {
        "reference": _("业务参考号 {} 一致，金额 {} 相等，日期相差 {} 天"),
        "mention": _("摘要、票号或流水号中的 {} 一致，金额 {} 相等，日期相差 {} 天"),
        "account": _("对方账号一致，金额 {} 相等，日期相差 {} 天，没有其他可能"),
        "name": _("对方户名一致，金额 {} 相等，日期相差 {} 天，没有其他可能"),
        "text": _("金额 {} 前后别无他笔，日期相差 {} 天，摘要相符"),
        "rejected": _("；另有 {} 笔因户名或单据号不符而排除"),
        "reversal": _("{} 下一收一付金额 {} 相抵，对方没有此号码"),
        "sum": _("{} 一致：银行 {} 笔与日记账 {} 笔合计均为 {}"),
        "ambiguous": _("不止一种可能"),
        "uneven": _("内容相同的流水，两边笔数不等"),
        "bound": _("其中一方带有对方没有的业务参考号或单据号"),
        "no_second_signal": _("仅金额与日期相符"),
        "by_party": _("同一对方当日合计相等，没有业务参考号"),
        "exact_cover": _("同一对方附近唯一能凑成该金额的几笔"),
        "sum_differs": _("{} 一致，合计相差 {}"),
        "fee": _("相差 {}，不超过手续费限额"),
        "voucher": _("银行已记、企业未记：{}，建议制单"),
        "interest": _("利息"),
        "tax": _("税费"),
        "bank_fee": _("银行手续费"),
    }


def prepare(board: Board) -> None:
    """Teach the board its words; once, before any of the writers below."""
    board.run(_YUAN)
    for name, text in words().items():
        board.run(f"SET VARIABLE say_{name} = '{text.replace(chr(39), chr(39) * 2)}'")


def write_matches(board: Board, path: Path) -> None:
    """bank_ids, book_ids, rule, reason of every automatic match, in an order of its own; whole or not at all."""
    _write(board, _MATCHES, path)


def write_proposals(board: Board, path: Path) -> None:
    """The same for what a person is asked."""
    _write(board, _PROPOSALS, path)


def _write(board: Board, rows: str, path: Path) -> None:
    scratch = path.with_name(f".{path.name}.part")
    try:
        board.run(_ORDERED.format(rows=rows, path=str(scratch).replace("'", "''")))
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)
