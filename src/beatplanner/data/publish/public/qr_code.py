"""A QR code as a picture, made on this computer."""

from __future__ import annotations

import io


def qr_code(text: str) -> bytes:
    """Return the QR code of a text as SVG, black on white with its quiet zone, error correction M (ISO/IEC 18004).

    Parameters
    ----------
    text
        An address.
    """
    import segno

    stream = io.BytesIO()
    segno.make_qr(text, error="m").save(stream, kind="svg", border=4, light="#ffffff", dark="#000000", xmldecl=False)
    return stream.getvalue()
