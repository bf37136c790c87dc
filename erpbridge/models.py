"""The ERP border's rows: the systems we speak with, deliveries with their first reply, messages until they are acknowledged."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from kernel import clock
from kernel.orm import Versioned, currency_column


class ErpSystem(Versioned):
    """One finance system and how it is spoken with. Who it is, and for which companies, is its client's affair."""

    class Style(models.TextChoices):
        """The five styles of DOMAIN §7."""

        API = "api", "接口调用"
        DB = "db", "直接数据库访问"
        FILE = "file", "文件交换"
        TCP = "tcp", "TCP 报文"
        TABLE = "table", "中间表"

    class Profile(models.TextChoices):
        """Whose words it speaks."""

        GENERIC = "generic", "通用"
        U8 = "u8", "用友 U8"
        SAP = "sap", "SAP"
        K3 = "k3", "金蝶"

    name = models.CharField(max_length=60, unique=True)
    client = models.OneToOneField(
        "masterdata.ApiClient", on_delete=models.PROTECT, related_name="+"
    )
    style = models.CharField(max_length=6, choices=Style.choices)
    profile = models.CharField(max_length=8, choices=Profile.choices, default=Profile.GENERIC)
    settings = models.JSONField(default=dict)  # addresses, folders, encodings: no secrets
    secrets = models.BinaryField(default=b"")  # encrypted JSON, AAD "erp.system:<name>"
    is_active = models.BooleanField(default=True)
    last_ok_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True)
    last_error_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class Inbox(models.Model):
    """One delivery from outside: its key, the digest of its items, and the first answer, given again for the same key."""

    system = models.CharField(max_length=60)  # the client's name
    source_system = models.CharField(max_length=30, blank=True)
    key = models.CharField(max_length=100)
    kind = models.CharField(max_length=30)
    style = models.CharField(max_length=6, default="api")
    digest = models.CharField(max_length=64)
    content = models.BinaryField(default=b"")  # what was sent, encrypted, AAD "erp.inbox:<pk>"
    items = models.PositiveIntegerField(default=0)
    faults = models.PositiveIntegerField(default=0)
    status = models.PositiveSmallIntegerField(default=0)  # 0 = not answered yet
    reply = models.JSONField(null=True)
    received_at = models.DateTimeField(default=clock.now)
    latency_ms = models.PositiveIntegerField(default=0)
    origin = models.CharField(max_length=120, blank=True)
    replay_of = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="replays"
    )  # a person had its refused items taken once more

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["system", "key"], name="one_request_per_key")
        ]
        indexes = [models.Index(fields=["-received_at", "-id"], name="inbox_newest")]
        verbose_name_plural = "inbox"

    def __str__(self) -> str:
        return f"{self.system} {self.key}"


class TakenOrder(models.Model):
    """Which delivery a payment order was taken from, and where in it: the first one, a later copy changes nothing."""

    order_no = models.CharField(max_length=40, unique=True)
    delivery = models.ForeignKey(Inbox, on_delete=models.PROTECT, related_name="orders")
    row = models.PositiveIntegerField()

    def __str__(self) -> str:
        return self.order_no


class Outbox(models.Model):
    """One message to a finance system: at least once, always under the same message id."""

    message_id = models.CharField(max_length=40, unique=True)
    system = models.CharField(max_length=60)  # source system
    company_code = models.CharField(max_length=20, blank=True)
    kind = models.CharField(max_length=30)
    subject_id = models.BigIntegerField(db_index=True)
    state_version = models.PositiveIntegerField()
    payload = models.JSONField()
    made_at = models.DateTimeField(default=clock.now)
    delivered_at = models.DateTimeField(null=True)  # written, pushed or put where it is fetched
    acked_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=clock.now)
    last_error = models.CharField(max_length=300, blank=True)
    dead_at = models.DateTimeField(null=True)  # pushed too often in vain: a person sends it again

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject_id", "state_version", "system"],
                name="one_message_per_state",
            )
        ]
        indexes = [
            models.Index(fields=["-made_at", "-id"], name="outbox_newest"),
            models.Index(
                fields=["system", "next_attempt_at", "id"],
                condition=Q(delivered_at=None),
                name="outbox_to_deliver",
            ),
            models.Index(
                fields=["system", "company_code", "made_at"],
                condition=Q(acked_at=None),
                name="outbox_to_ack",
            ),
        ]
        verbose_name_plural = "outbox"

    def __str__(self) -> str:
        return self.message_id


class Refusal(models.Model):
    """Something of a finance system's that was not taken, and why: an item of a delivery, or a whole one without any."""

    system = models.CharField(max_length=60)  # the client's name
    style = models.CharField(max_length=6)
    delivery = models.ForeignKey(
        Inbox, null=True, on_delete=models.PROTECT, related_name="refusals"
    )
    name = models.CharField(max_length=120)  # the delivery's key, or the file's name
    row = models.PositiveIntegerField(null=True)
    document = models.CharField(max_length=100, blank=True)  # what the item calls itself over there
    field = models.CharField(max_length=60, blank=True)
    code = models.CharField(max_length=60)
    message_zh = models.CharField(max_length=300)
    message_en = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(default=clock.now)
    settled_at = models.DateTimeField(null=True)  # taken after all, by a replay

    class Meta:
        indexes = [
            models.Index(fields=["-at", "-id"], name="refusal_newest"),
            models.Index(fields=["system", "style", "at"], name="refusal_by_lane"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.code}"


class FileMapping(models.Model):
    """One version of how a system's files of a type are read; the newest is in force, one without columns means ours."""

    system = models.ForeignKey(ErpSystem, on_delete=models.PROTECT, related_name="mappings")
    file_type = models.CharField(max_length=20)
    number = models.PositiveIntegerField()
    content = models.JSONField(default=dict)  # desk.mappings.Mapping
    sample = models.CharField(max_length=200, blank=True)  # the file it was tried on
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    active_from = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["system", "file_type", "number"], name="one_mapping_a_number"
            )
        ]

    def __str__(self) -> str:
        return f"{self.file_type} {self.number}"


class OutSeries(models.Model):
    """The last number of one series of files we wrote for a system."""

    system = models.ForeignKey(ErpSystem, on_delete=models.PROTECT, related_name="+")
    series = models.CharField(max_length=60)
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["system", "series"], name="one_out_series")]
        verbose_name_plural = "out series"

    def __str__(self) -> str:
        return f"{self.series} {self.last}"


class ReadMark(models.Model):
    """How far one view of a finance system was read (style 2), and what its columns were when an administrator agreed."""

    system = models.ForeignKey(ErpSystem, on_delete=models.PROTECT, related_name="+")
    view = models.CharField(max_length=60)
    mark = models.BigIntegerField(default=0)
    fingerprint = models.JSONField(default=dict)  # column -> type

    class Meta:
        constraints = [models.UniqueConstraint(fields=["system", "view"], name="one_mark_per_view")]

    def __str__(self) -> str:
        return f"{self.view} {self.mark}"


class ReadRow(models.Model):
    """What became of one row of a finance system's view; it reads this in `erp_v1.v_request`."""

    system = models.ForeignKey(ErpSystem, on_delete=models.PROTECT, related_name="+")
    view = models.CharField(max_length=60)
    row_id = models.BigIntegerField()
    digest = models.CharField(max_length=64)  # of what the row said
    status = models.CharField(max_length=8)
    ours = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=24, blank=True)
    errors = models.JSONField(default=list)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["system", "view", "row_id"], name="one_end_per_row")
        ]

    def __str__(self) -> str:
        return f"{self.view} {self.row_id} {self.status}"


class HeldList(models.Model):
    """A list of what a finance system holds of ours (日终清单): drawn at a moment, whole once all its rows are here."""

    client = models.ForeignKey("masterdata.ApiClient", on_delete=models.PROTECT, related_name="+")
    list_no = models.CharField(max_length=40)
    as_of = models.DateTimeField()
    first_day = models.DateField()  # it holds the documents from this day on
    rows = models.PositiveIntegerField()
    received_at = models.DateTimeField(default=clock.now)
    is_compared = models.BooleanField(default=False)  # whole, and compared for every company in it

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "list_no"], name="one_list_per_number")
        ]

    def __str__(self) -> str:
        return self.list_no


class Held(models.Model):
    """One document or voucher of such a list. Kept while it may be compared; what was sent stands in the Inbox for good."""

    class What(models.TextChoices):
        """What a row is about; `nothing` says that a company holds none."""

        PAYMENT = "payment", "付款单"
        VOUCHER = "voucher", "凭证"
        NOTHING = "nothing", "无"

    held_list = models.ForeignKey(HeldList, on_delete=models.CASCADE, related_name="held")
    company = models.ForeignKey("masterdata.Company", on_delete=models.PROTECT, related_name="+")
    what = models.CharField(max_length=8, choices=What.choices)
    key = models.CharField(max_length=120)  # the document line, or the posting key
    amount = models.DecimalField(max_digits=18, decimal_places=2, default=0)
    currency = currency_column()
    state = models.CharField(max_length=10, blank=True)
    number = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["held_list", "company", "what", "key"], name="held_once_per_list"
            )
        ]

    def __str__(self) -> str:
        return self.key


class Comparison(models.Model):
    """Both sides' books of one company beside each other; without a list of theirs, what they never confirmed."""

    client = models.ForeignKey("masterdata.ApiClient", on_delete=models.PROTECT, related_name="+")
    company = models.ForeignKey("masterdata.Company", on_delete=models.PROTECT, related_name="+")
    held_list = models.ForeignKey(HeldList, null=True, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    made_at = models.DateTimeField(default=clock.now)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    payments = models.PositiveIntegerField(default=0)
    vouchers = models.PositiveIntegerField(default=0)
    under_way = models.PositiveIntegerField(default=0)
    differences = models.PositiveIntegerField(default=0)
    differing_since = models.BigIntegerField(null=True)  # the first comparison of a row that differ

    class Meta:
        indexes = [
            models.Index(fields=["-made_at", "-id"], name="comparison_newest"),
            models.Index(fields=["client", "company", "-id"], name="comparison_of_lane"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.differences}"


class Difference(models.Model):
    """One thing both sides do not hold alike, as a comparison found it; `code` is one of `differing.WORDS`."""

    comparison = models.ForeignKey(Comparison, on_delete=models.PROTECT, related_name="found")
    company = models.ForeignKey("masterdata.Company", on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=24)
    document = models.CharField(max_length=120, blank=True)  # a document line, or a posting key
    subject_id = models.BigIntegerField(null=True)  # our order or voucher
    number = models.CharField(max_length=40, blank=True)
    amount = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    their_amount = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    currency = models.CharField(max_length=3, blank=True)
    state = models.CharField(max_length=24, blank=True)
    their_state = models.CharField(max_length=10, blank=True)
    their_number = models.CharField(max_length=40, blank=True)
    bank = models.CharField(max_length=12, blank=True)
    told_at = models.DateTimeField(null=True)  # when our newest message about it left
    confirmed_at = models.DateTimeField(null=True)  # when they said it is stored
    since = models.DateTimeField(default=clock.now)  # the first comparison that found it

    class Meta:
        indexes = [
            models.Index(fields=["-since", "-id"], name="difference_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.document}"
