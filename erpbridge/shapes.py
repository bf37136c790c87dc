"""What the endpoints of documents take and answer, for the generated schema."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

LIMIT_MAX = 500


class PaymentRequestSerializer(serializers.Serializer[Any]):
    """One payment asked for. Amounts and numbers are strings."""

    doc_type = serializers.CharField(max_length=30)
    doc_no = serializers.CharField(max_length=40)
    line_no = serializers.CharField(max_length=10, required=False, default="1")
    company_code = serializers.CharField(max_length=20)
    payer_account = serializers.CharField(max_length=35)
    payee_code = serializers.CharField(max_length=30)
    payee_name = serializers.CharField(max_length=120)
    payee_account = serializers.CharField(max_length=35)
    payee_bank = serializers.CharField(max_length=120, required=False)
    cnaps = serializers.CharField(max_length=12)
    currency = serializers.CharField(max_length=3)
    amount = serializers.CharField(help_text="1234.56")
    purpose = serializers.CharField(max_length=200)
    remark = serializers.CharField(max_length=200, required=False)
    wish_date = serializers.DateField()
    urgent = serializers.BooleanField(required=False, default=False)
    invoice_no = serializers.CharField(max_length=60, required=False)
    gl_subject = serializers.CharField(max_length=15, required=False)
    cash_flow_item = serializers.CharField(max_length=60, required=False)


class PaymentRequestsSerializer(serializers.Serializer[Any]):
    """Up to 100 payments, all taken or none; with mode `each` up to 5,000, each taken on its own."""

    items = PaymentRequestSerializer(many=True)
    mode = serializers.ChoiceField(choices=["all", "each"], required=False, default="all")


class TakenOrderSerializer(serializers.Serializer[Any]):
    """An order made of one item."""

    row = serializers.IntegerField()
    doc_type = serializers.CharField()
    doc_no = serializers.CharField()
    line_no = serializers.CharField()
    order_no = serializers.CharField()
    state = serializers.CharField()
    amount = serializers.CharField()
    href = serializers.CharField()
    warnings = serializers.ListField(child=serializers.DictField())


class TakenSerializer(serializers.Serializer[Any]):
    """Orders in the order of the items, and payees another person must confirm first."""

    orders = TakenOrderSerializer(many=True)
    new_payees = serializers.ListField(child=serializers.DictField())


class FaultSerializer(serializers.Serializer[Any]):
    """One fault of one item."""

    code = serializers.CharField()
    field = serializers.CharField()
    row = serializers.IntegerField(allow_null=True)
    message_zh = serializers.CharField()
    message_en = serializers.CharField()


class FaultsSerializer(serializers.Serializer[Any]):
    """Why nothing was taken."""

    errors = FaultSerializer(many=True)  # type: ignore[assignment]  # a field of the message, not the property


class PublishedSerializer(serializers.Serializer[Any]):
    """One result; the same message id may come more than once."""

    id = serializers.IntegerField()
    message_id = serializers.CharField()
    made_at = serializers.DateTimeField()
    acked_at = serializers.DateTimeField(allow_null=True)
    payload = serializers.DictField()


class PublishedPageSerializer(serializers.Serializer[Any]):
    """Results after a cursor; `next` is the cursor to go on with, also when nothing is there yet."""

    results = PublishedSerializer(many=True)
    next = serializers.IntegerField()


class AckSerializer(serializers.Serializer[Any]):
    """Results the finance system has safely stored."""

    message_ids = serializers.ListField(
        child=serializers.CharField(max_length=40), max_length=LIMIT_MAX
    )


class AckedSerializer(serializers.Serializer[Any]):
    """How many of them were not acknowledged before."""

    acknowledged = serializers.IntegerField()


class MasterDataItemSerializer(serializers.Serializer[Any]):
    """A supplier or customer, with one of its bank accounts."""

    kind = serializers.ChoiceField(
        choices=["supplier", "customer", "employee", "subject"], required=False
    )
    code = serializers.CharField(max_length=30)
    name = serializers.CharField(max_length=120)
    uscc = serializers.CharField(max_length=18, required=False)
    account = serializers.CharField(max_length=35, required=False)
    account_name = serializers.CharField(max_length=120, required=False)
    bank = serializers.CharField(max_length=120, required=False)
    cnaps = serializers.CharField(max_length=12, required=False)
    company_code = serializers.CharField(
        max_length=20, required=False, help_text="of a subject: its company"
    )


class MasterDataSerializer(serializers.Serializer[Any]):
    """Up to 5,000 items; each is taken on its own."""

    items = MasterDataItemSerializer(many=True)


class ItemResultSerializer(serializers.Serializer[Any]):
    """What became of one item: OK, DUP (it stood so already) or ERR."""

    row = serializers.IntegerField()
    status = serializers.ChoiceField(choices=["OK", "DUP", "ERR"])
    ours = serializers.CharField()
    state = serializers.CharField()
    errors = FaultSerializer(many=True)  # type: ignore[assignment]  # a field of the message, not the property


class ItemResultsSerializer(serializers.Serializer[Any]):
    """One result an item, in the order of the items."""

    results = ItemResultSerializer(many=True)


class MessageSerializer(serializers.Serializer[Any]):
    """One message; the same message id may come more than once."""

    id = serializers.IntegerField()
    message_id = serializers.CharField()
    kind = serializers.CharField()
    made_at = serializers.DateTimeField()
    acked_at = serializers.DateTimeField(allow_null=True)
    items = serializers.ListField(child=serializers.DictField())


class MessagesPageSerializer(serializers.Serializer[Any]):
    """Messages after a cursor; `next` is the cursor to go on with, also when nothing is there yet."""

    results = MessageSerializer(many=True)
    next = serializers.IntegerField()


class VoucherAckSerializer(serializers.Serializer[Any]):
    """What became of one voucher."""

    company_code = serializers.CharField(max_length=20)
    posting_key = serializers.CharField(max_length=100)
    result = serializers.ChoiceField(choices=["OK", "ERR"])
    erp_voucher_no = serializers.CharField(max_length=40, required=False)
    reason = serializers.CharField(max_length=300, required=False)


class VoucherAcksSerializer(serializers.Serializer[Any]):
    """Up to 5,000 vouchers; each is taken on its own."""

    items = VoucherAckSerializer(many=True)


class NoticeAckSerializer(serializers.Serializer[Any]):
    """What became of one receipt."""

    company_code = serializers.CharField(max_length=20)
    notice_no = serializers.CharField(max_length=30)
    result = serializers.ChoiceField(choices=["OK", "ERR"])
    erp_voucher_no = serializers.CharField(max_length=40, required=False)
    reason = serializers.CharField(max_length=300, required=False)


class NoticeAcksSerializer(serializers.Serializer[Any]):
    """Up to 5,000 receipts; each is taken on its own."""

    items = NoticeAckSerializer(many=True)


class HoldingSerializer(serializers.Serializer[Any]):
    """One document line or voucher of a list; `list_no`, `as_of`, `first_day` and `list_rows` are the list's, the same on every row."""

    list_no = serializers.CharField(max_length=40)
    as_of = serializers.DateTimeField(help_text="when the list was drawn, with its offset")
    first_day = serializers.DateField(help_text="it holds the documents from this day on")
    list_rows = serializers.CharField(help_text="how many rows the whole list has")
    what = serializers.ChoiceField(choices=["payment", "voucher", "nothing"])
    company_code = serializers.CharField(max_length=20)
    doc_type = serializers.CharField(max_length=30, required=False)
    doc_no = serializers.CharField(max_length=40, required=False)
    line_no = serializers.CharField(max_length=10, required=False)
    posting_key = serializers.CharField(max_length=100, required=False)
    amount = serializers.CharField(required=False, help_text="of a voucher the sum of its debits")
    currency = serializers.CharField(max_length=3, required=False)
    state = serializers.ChoiceField(
        choices=["open", "paid", "unpaid", "returned", "refused"], required=False
    )
    ref_no = serializers.CharField(
        max_length=40, required=False, help_text="our order number, or their voucher number"
    )


class HoldingsSerializer(serializers.Serializer[Any]):
    """Up to 5,000 rows of a list; a longer list comes in several deliveries."""

    items = HoldingSerializer(many=True)
