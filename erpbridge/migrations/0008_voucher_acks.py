"""What a finance system says of vouchers wants a right of its own: whoever could say it so far keeps saying it."""

from __future__ import annotations

from typing import Any

from django.db import migrations

RIGHT = "vouchers.acknowledge"


def give(apps: Any, schema_editor: Any) -> None:
    """The right for every client that is a finance system's, or has told of vouchers."""
    clients = apps.get_model("masterdata", "ApiClient").objects
    told = apps.get_model("erpbridge", "Inbox").objects.filter(kind="voucher_ack")
    names = set(told.values_list("system", flat=True))
    systems = set(apps.get_model("erpbridge", "ErpSystem").objects.values_list("client_id", flat=True))
    for client in clients.all():
        is_heard = client.pk in systems or client.name in names
        if is_heard and "payments.view" in client.rights and RIGHT not in client.rights:
            client.rights = sorted([*client.rights, RIGHT])
            client.save(update_fields=["rights"])


class Migration(migrations.Migration):
    dependencies = [("erpbridge", "0007_file_mappings"), ("masterdata", "0013_api_keys")]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
