"""A small PDF by hand: pages of lines in Helvetica, enough for what a firm attaches to an invoice."""

from collections.abc import Sequence

LINES, LEADING, LEFT, TOP, SIZE = 46, 16, 56, 785, 10  # of an A4 page, in points


def document(title: str, lines: Sequence[str]) -> bytes:
    """A PDF 1.4 file: `title` large on its first page, the lines below it and on further pages."""
    pages = [lines[at : at + LINES] for at in range(0, len(lines), LINES)] or [[]]
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for number, page in enumerate(pages):
        content = _content("" if number else title, page)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> "
            + f"/Contents {5 + 2 * number} 0 R >>".encode()
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
    return _file(objects)


def _content(title: str, lines: Sequence[str]) -> bytes:
    parts = [b"BT /F1 18 Tf %d %d Td (%s) Tj ET" % (LEFT, TOP, _escaped(title))] if title else []
    parts.append(b"BT /F1 %d Tf %d TL %d %d Td" % (SIZE, LEADING, LEFT, TOP - 30))
    parts += [b"(%s) Tj T*" % _escaped(line) for line in lines]
    return b"\n".join([*parts, b"ET"])


def _escaped(text: str) -> bytes:
    plain = text.encode("cp1252", "replace")
    return plain.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def _file(objects: Sequence[bytes]) -> bytes:
    """The objects with the table that says at which byte each begins."""
    out, starts = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", []
    for number, body in enumerate(objects, 1):
        starts.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    size = len(objects) + 1
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + trailer
