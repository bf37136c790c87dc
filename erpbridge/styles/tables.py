"""The exchange tables (DOMAIN §7, style 5): their columns once, in SQLAlchemy's words; each dialect writes its own SQL.

One writer a column: the finance system writes a request's fields, `status` N and X; we write the rest of it. We write the
message tables; the finance system writes their `ack_status` and nothing else.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from erpbridge.contract import (
    FIELDS,
    HOLDING_FIELDS,
    MASTER_FIELDS,
    OUT_FIELDS,
    VOUCHER_ACK_FIELDS,
    Kind,
)

METADATA = MetaData()
_ID = BigInteger().with_variant(Integer, "sqlite")
NEW, CLAIMED, ACCEPTED, ERROR, DONE, WITHDRAWN = "N", "C", "A", "E", "D", "X"


def _request(name: str, fields: tuple[str, ...]) -> Table:
    return Table(
        name,
        METADATA,
        Column("id", _ID, primary_key=True, autoincrement=True),
        # the finance system's columns
        Column("msg_id", String(60), nullable=False),  # its own number of the delivery
        Column("msg_rows", Integer, nullable=False),  # how many rows that delivery has
        *(Column(field, String(300)) for field in fields),
        Column("sign", String(64), nullable=False),
        Column("status", String(1), nullable=False, server_default=NEW),
        Column("created_at", DateTime(timezone=True)),
        # ours
        Column("claim_token", String(36)),
        Column("claimed_by", String(60)),
        Column("claimed_at", DateTime(timezone=True)),
        Column("lease_until", DateTime(timezone=True)),
        Column("attempt", Integer, nullable=False, server_default="0"),
        Column("our_no", String(40)),
        Column("our_state", String(24)),
        Column("err_code", String(40)),
        Column("err_field", String(40)),
        Column("err_msg", String(300)),
        Column("errors", Text),  # every fault of the row, JSON
        Column("updated_at", DateTime(timezone=True)),
        Index(f"ix_{name}_status", "status", "id"),
        Index(f"ix_{name}_msg", "msg_id"),
    )


def _messages(name: str, fields: tuple[str, ...]) -> Table:
    return Table(
        name,
        METADATA,
        Column("id", _ID, primary_key=True, autoincrement=True),
        Column("message_id", String(40), nullable=False),
        Column("item_no", Integer, nullable=False),
        *(Column(field, String(300)) for field in fields),
        Column("sign", String(64), nullable=False),
        Column("made_at", DateTime(timezone=True), nullable=False),
        Column("closed_at", DateTime(timezone=True)),  # we know that it is stored
        # the finance system's column: D when the message is safely stored there
        Column("ack_status", String(1), nullable=False, server_default=NEW),
        UniqueConstraint("message_id", "item_no", name=f"uq_{name}_message"),
        Index(f"ix_{name}_ack", "ack_status", "id"),
    )


REQUESTS: dict[Kind, Table] = {
    Kind.PAYMENT_REQUEST: _request("x_payment_req", tuple(FIELDS)),
    Kind.MASTER_DATA: _request("x_master_req", MASTER_FIELDS),
    Kind.VOUCHER_ACK: _request("x_voucher_ack", VOUCHER_ACK_FIELDS),
    Kind.HOLDING: _request("x_holding", HOLDING_FIELDS),
}
MESSAGES: dict[Kind, Table] = {
    Kind.PAYMENT_RESULT: _messages("x_payment_res", OUT_FIELDS[Kind.PAYMENT_RESULT]),
    Kind.ARRIVAL_NOTICE: _messages("x_arrival", OUT_FIELDS[Kind.ARRIVAL_NOTICE]),
    Kind.STATEMENT: _messages("x_statement", OUT_FIELDS[Kind.STATEMENT]),
    Kind.VOUCHER: _messages("x_voucher", OUT_FIELDS[Kind.VOUCHER]),
    Kind.MASTER_DATA: _messages("x_master", OUT_FIELDS[Kind.MASTER_DATA]),
}
FIELDS_OF: dict[Kind, tuple[str, ...]] = {
    Kind.PAYMENT_REQUEST: tuple(FIELDS),
    Kind.MASTER_DATA: MASTER_FIELDS,
    Kind.VOUCHER_ACK: VOUCHER_ACK_FIELDS,
    Kind.HOLDING: HOLDING_FIELDS,
}
PRODUCER_COLUMNS = ("msg_id", "msg_rows", "sign", "status", "created_at")
