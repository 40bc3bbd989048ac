"""Of a photo nothing goes out but what is seen of its first picture, whatever its file holds beside that."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from beatplanner.data.errors import InputError
from beatplanner.data.publish.photos import clean_photo

SECRET = "SECRET-41.99N-21.43E"


def picture() -> Image.Image:
    return Image.fromarray(np.full((30, 40, 3), 200, np.uint8))


def hidden_picture() -> Image.Image:
    """Another picture: black."""
    return Image.new("RGB", (40, 30), "black")


def written(form: str, **options) -> bytes:
    stream = io.BytesIO()
    picture().save(stream, form, **options)
    return stream.getvalue()


def exif() -> Image.Exif:
    found = Image.Exif()
    found[0x010E] = SECRET
    found.get_ifd(0x8825)[2] = (41.0, 59.0, 3.0)
    found.get_ifd(0x8769)[0x9286] = SECRET.encode()
    return found


def texts() -> PngImagePlugin.PngInfo:
    found = PngImagePlugin.PngInfo()
    found.add_text("Comment", SECRET)
    found.add_itxt("XML:com.adobe.xmp", f"<x>{SECRET}</x>")
    found.add_text("raw", SECRET * 9, zip=True)
    found.add(b"iCCP", b"icc\0\0" + zlib.compress(SECRET.encode()))
    return found


def segments(jpeg: bytes) -> list[int]:
    """Return the markers of a JPEG; its pixels must be the last thing in it."""
    found, at = [], 2
    while jpeg[at + 1] != 0xDA:
        found.append(jpeg[at + 1])
        at += 2 + struct.unpack(">H", jpeg[at + 2 : at + 4])[0]
    assert jpeg.endswith(b"\xff\xd9") and jpeg.count(b"\xff\xd8\xff") == 1
    return found


HELD = {
    "exif.jpg": lambda: written("JPEG", exif=exif(), icc_profile=SECRET.encode() * 9, comment=SECRET.encode()),
    "xmp.jpg": lambda: written("JPEG", xmp=SECRET.encode()),
    "trailing.jpg": lambda: written("JPEG") + b"PK\x03\x04" + SECRET.encode(),
    # IPTC lies in a segment of its own
    "iptc.jpg": lambda: (
        written("JPEG")[:2]
        + b"\xff\xed"
        + struct.pack(">H", 16 + len(SECRET))
        + b"Photoshop 3.0\0"
        + SECRET.encode()
        + written("JPEG")[2:]
    ),
    "two.jpg": lambda: written("MPO", save_all=True, append_images=[hidden_picture()], exif=exif()),
    "texts.png": lambda: written("PNG", pnginfo=texts(), exif=exif()),
    "animated.png": lambda: written("PNG", save_all=True, append_images=[hidden_picture()]),
    "trailing.png": lambda: written("PNG") + SECRET.encode(),
}


@pytest.mark.parametrize("name", HELD)
def test_nothing_goes_out_but_the_first_picture(tmp_path, name):
    file = tmp_path / name
    file.write_bytes(HELD[name]())
    made = clean_photo(file, tmp_path)
    assert set(segments(made)) <= {0xE0, 0xDB, 0xC0, 0xC4}
    assert b"SECRET" not in made and len(made) < 2000
    opened = Image.open(io.BytesIO(made))
    assert getattr(opened, "n_frames", 1) == 1 and not opened.getexif() and set(opened.info) <= {
        "jfif", "jfif_version", "jfif_unit", "jfif_density"
    }  # fmt: skip
    assert np.asarray(opened).min() > 150


def test_what_is_transparent_stays_unseen(tmp_path):
    pixels = np.zeros((30, 40, 4), np.uint8)
    pixels[:, :20] = 200, 200, 200, 255
    Image.fromarray(pixels).save(tmp_path / "masked.png")
    palette = hidden_picture().convert("P")
    palette.save(tmp_path / "palette.png", transparency=palette.getpixel((0, 0)))
    for name in ("masked.png", "palette.png"):
        seen = np.asarray(Image.open(io.BytesIO(clean_photo(tmp_path / name, tmp_path))))
        assert seen[:, 24:].min() > 240, name


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, pixels: bytes = b"", *more: bytes) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(more) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


REFUSED = {
    "moving.gif": lambda: written("GIF", save_all=True, append_images=[hidden_picture()]),
    "moving.webp": lambda: written("WEBP", save_all=True, append_images=[hidden_picture()], exif=exif()),
    "pages.tif": lambda: written("TIFF", save_all=True, append_images=[hidden_picture()]),
    "named.jpg": lambda: written("TIFF"),
    "phone.heic": lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200),
    "drawn.svg": lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
    "script.eps": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) run",
    "wide.png": lambda: png(200_000, 200_000, zlib.compress(b"")),
    "many.png": lambda: png(30_000, 30_000, zlib.compress(bytes(10**6))),
    "text.png": lambda: png(9, 9, zlib.compress(bytes(18)), chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(10**7)))),
    "cut.png": lambda: written("PNG")[:60],
    "cut.jpg": lambda: written("JPEG")[:300],
    "empty.jpg": lambda: b"",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_picture_or_far_too_large_ends_in_a_sentence(tmp_path, name, recwarn):
    file = tmp_path / name
    file.write_bytes(REFUSED[name]())
    with pytest.raises(InputError, match=r"is no picture that can be read"):
        clean_photo(file, tmp_path)
    assert not recwarn.list
