"""Documents on paper: one template as a page the browser prints, and as PDF; black and white, Chinese fonts of our own."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.http import content_disposition_header

from kernel import clock
from kernel.errors import Conflict

STYLESHEET = "yqlink/css/print.css"
_ROOT = Path(settings.ROOT) / "yqlink" / "static"


class PdfUnavailable(Conflict):
    """This machine lacks the libraries PDF is drawn with."""

    code = "pdf_unavailable"

    def __init__(self) -> None:
        super().__init__(
            "本服务器未安装 PDF 排版组件（libpango-1.0-0、libpangoft2-1.0-0），请联系系统管理员；可先用打印页面打印或另存为 PDF",
            "PDF wants libpango-1.0-0 and libpangoft2-1.0-0; use the print page instead",
        )


def qr_image(text: str) -> str:
    """A QR code as the address of an image."""
    import qrcode  # with the library of XML it draws by, 8 MB
    from qrcode.image.svg import SvgPathImage

    drawn = io.BytesIO()
    qrcode.make(text, image_factory=SvgPathImage, box_size=8, border=2).save(drawn)
    return "data:image/svg+xml;base64," + base64.b64encode(drawn.getvalue()).decode()


def _fonts() -> str:
    """Chinese faces from a package, so that a bare server prints every character."""
    import pylopdf_fonts_zh_cn

    folder = Path(pylopdf_fonts_zh_cn.__file__).parent
    return "".join(
        f"@font-face {{ font-family: '{name}'; src: url('{(folder / file).as_uri()}'); }}\n"
        for name, file in (
            ("Noto Sans SC", "NotoSansSC-Regular.otf"),
            ("Noto Serif SC", "NotoSerifSC-Regular.otf"),
        )
    )


def pdf(html: str) -> bytes:
    """The document as PDF. Raises PdfUnavailable.

    The same text gives the same bytes: no time and no random id goes in. A document loads its own images only; the
    fonts alone are read from disk.
    """
    try:
        import weasyprint
    except OSError:  # the libraries behind it are missing
        raise PdfUnavailable() from None
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher

    fonts = FontConfiguration()
    images, faces = URLFetcher(allowed_protocols={"data"}), URLFetcher(allowed_protocols={"file"})
    text = (_ROOT / STYLESHEET).read_text("utf-8") + _fonts()
    document = weasyprint.HTML(string=html, url_fetcher=images)
    sheet = weasyprint.CSS(string=text, font_config=fonts, url_fetcher=faces)
    drawn: bytes = document.write_pdf(
        stylesheets=[sheet], font_config=fonts, pdf_identifier=b"yqlink"
    )
    return drawn


def respond(
    request: HttpRequest, template: str, context: Mapping[str, Any], *, name: str
) -> HttpResponse:
    """The print page, or with `?format=pdf` its PDF. `template` extends print/base.html."""
    is_pdf = request.GET.get("format") == "pdf"
    scope: Any = request.scope  # type: ignore[attr-defined]  # set by the scope middleware
    told = {
        **context,
        "is_pdf": is_pdf,
        "printed_by": scope.actor_name,
        "printed_at": clock.now(),
        "stylesheet": STYLESHEET,
        "pdf_url": _with(request, "pdf"),
    }
    if not is_pdf:
        return render(request, template, told)
    body = pdf(render_to_string(template, told, request))
    header = content_disposition_header(False, f"{name}.pdf") or "inline"
    return HttpResponse(
        body, content_type="application/pdf", headers={"Content-Disposition": header}
    )


def _with(request: HttpRequest, form: str) -> str:
    query = request.GET.copy()
    query["format"] = form
    return f"{request.path}?{query.urlencode()}"
