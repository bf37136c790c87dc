"""A receipt on paper, as small as a PDF can be: one page, a built-in font, the same bytes for the same words."""

from __future__ import annotations

from collections.abc import Sequence


def receipt(number: str, facts: Sequence[tuple[str, str]]) -> bytes:
    """A one-page PDF with a title, the receipt's number and a line a fact; ASCII only."""
    lines = ["ELECTRONIC RECEIPT - simulated bank", f"No. {number}"]
    lines += [f"{name}: {value}" for name, value in facts]
    shown = "".join(f"({_escaped(line)}) Tj 0 -22 Td " for line in lines)
    stream = f"BT /F1 12 Tf 60 330 Td {shown}ET".encode("ascii", "replace")
    bodies = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 420]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    made, places = bytearray(b"%PDF-1.4\n"), []
    for at, body in enumerate(bodies, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (at, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(made)
    made += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(bodies) + 1, table)
    made += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(bodies) + 1, start)
    return bytes(made)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
