"""Shape and syntax of what administrators type about finance systems; what it means is judged by the services."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from erpbridge import selectors
from erpbridge.contract import Kind
from erpbridge.models import ErpSystem
from kernel.scope import Scope
from kernel.secrets import Secret

TOLD = [
    (Kind.VOUCHER.value, _("凭证")),
    (Kind.ARRIVAL_NOTICE.value, _("到款通知")),
    (Kind.STATEMENT.value, _("交易明细")),
    (Kind.MASTER_DATA.value, _("往来单位")),
]
_ENCODINGS = [("utf-8", "UTF-8"), ("gb18030", "GB18030"), ("gbk", "GBK")]


class SystemForm(forms.Form):
    """A finance system, whatever its style."""

    version = forms.IntegerField(widget=forms.HiddenInput, initial=0, required=False)
    client = forms.ChoiceField(label=_("接口客户端"))
    profile = forms.ChoiceField(label=_("对接标准"), choices=ErpSystem.Profile.choices)
    kinds = forms.MultipleChoiceField(
        label=_("除付款结果外还告知"),
        choices=TOLD,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    is_active = forms.BooleanField(label=_("启用"), required=False, initial=True)

    def __init__(self, *args: Any, scope: Scope, system: ErpSystem | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [system.client.name] if system else selectors.free_clients(scope)
        self.fields["client"].choices = [(name, name) for name in names]  # type: ignore[attr-defined]  # a choice field


class ApiForm(SystemForm):
    """Style 1: calls, and webhooks where an address is given."""

    webhook_url = forms.URLField(
        label=_("推送地址（可选）"),
        required=False,
        max_length=300,
        assume_scheme="https",
        help_text=_("有新消息时以带签名的 POST 推送；不填则由对方读取"),
    )


class DbForm(SystemForm):
    """Style 2: their views, our read-only role."""

    schema = forms.CharField(label=_("对方视图所在模式"), max_length=60, required=False)
    reader = forms.CharField(
        label=_("对方读取用的只读角色"), max_length=40, help_text=_("小写字母、数字和下划线")
    )


class FileForm(SystemForm):
    """Style 3: folders."""

    root = forms.CharField(label=_("交换目录"), max_length=300, help_text=_("服务器上的绝对路径"))
    form = forms.ChoiceField(
        label=_("写出格式"),
        choices=[("csv", "CSV"), ("txt", _("竖线分隔文本")), ("xml", "XML")],
    )
    encoding = forms.ChoiceField(label=_("编码"), choices=_ENCODINGS)


class TcpForm(SystemForm):
    """Style 4: frames both ways."""

    push_host = forms.CharField(label=_("推送主机（可选）"), max_length=120, required=False)
    push_port = forms.IntegerField(
        label=_("推送端口"), min_value=1, max_value=65535, required=False
    )
    tls = forms.BooleanField(label=_("使用 TLS"), required=False, initial=True)
    cert_file = forms.CharField(label=_("本方证书文件"), max_length=300, required=False)
    key_file = forms.CharField(label=_("本方私钥文件"), max_length=300, required=False)
    encoding = forms.ChoiceField(label=_("编码"), choices=_ENCODINGS)


class TableForm(SystemForm):
    """Style 5: everything else stands in the secrets."""


FORMS: dict[str, type[SystemForm]] = {
    "api": ApiForm,
    "db": DbForm,
    "file": FileForm,
    "tcp": TcpForm,
    "table": TableForm,
}
SECRET_LABELS = {
    "key": _("签名密钥（双方相同）"),
    "dsn": _("数据库连接"),
    "ca": _("对方证书的签发机构（PEM）"),
    "webhook_key": _("推送签名密钥"),
}


class SecretsForm(forms.Form):
    """Secrets of one system; what is stored is never shown."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    makes_key = forms.BooleanField(
        label=_("由平台生成签名密钥，只在下一页显示一次"), required=False
    )

    def __init__(self, *args: Any, names: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in names:
            widget: forms.Widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
            if name == "ca":
                widget = forms.Textarea(attrs={"rows": 4})
            self.fields[name] = forms.CharField(
                label=SECRET_LABELS[name],
                max_length=8000 if name == "ca" else 400,
                required=False,
                strip=True,
                widget=widget,
                help_text=(
                    "postgresql+psycopg2://user:password@host:5432/name" if name == "dsn" else ""
                ),
            )
        self.names = names

    @property
    def key_name(self) -> str:
        """The secret that signs."""
        return next(name for name in self.names if name in ("key", "webhook_key"))

    def secrets(self) -> dict[str, Secret]:
        """What was typed."""
        return {name: Secret(self.cleaned_data.get(name) or "") for name in self.names}
