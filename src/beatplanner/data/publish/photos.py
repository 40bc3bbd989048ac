"""Photos for the public: made anew from their pixels, since a file says more than a picture shows: where it was taken, when, by whom."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

from beatplanner.data.causes import cause
from beatplanner.data.errors import InputError, problem
from beatplanner.data.paths import whole_path

# Formats that are read, pixels of a photo at most, and the longest side of what is published.
FORMATS = ("JPEG", "PNG")
MOST_PIXELS, LONGEST_SIDE, MOST_BYTES = 60_000_000, 800, 40 << 20


def is_below(file: Path, folder: Path) -> bool:
    """Tell whether a file lies below a folder, wherever links lead."""
    return whole_path(folder) in whole_path(file).parents


def clean_photo(file: Path, below: Path) -> bytes:
    """Return a photo as a JPEG with nothing but its pixels.

    Parameters
    ----------
    file
        JPEG or PNG.
    below
        The project's folder: no photo is taken from elsewhere, whatever a table says.

    Raises
    ------
    InputError
        Where the file lies elsewhere, or holds no such picture.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    if not is_below(file, below):
        raise InputError(
            problem(
                f"the photo “{file.name}” lies outside the project's folder",
                "Put it into the folder of the project",
                file=file.name,
                field="photo",
            )
        )
    try:
        if file.stat().st_size > MOST_BYTES:
            raise ValueError("it is far too large")
        # what the library finds odd about a file is no text for its users
        with (
            warnings.catch_warnings(action="ignore"),
            Image.open(io.BytesIO(file.read_bytes()), formats=FORMATS) as opened,
        ):
            if opened.width * opened.height > MOST_PIXELS:
                raise ValueError("it has far too many pixels")
            # cameras lay pictures on their side and say so beside the pixels
            drawn = ImageOps.exif_transpose(opened).convert("RGBA")
            # what is transparent is not seen, and so its colours do not go out either
            picture = Image.new("RGB", drawn.size, "white")
            picture.paste(drawn, mask=drawn.getchannel("A"))
    except Exception as error:  # what is broken on purpose ends a picture library in errors of every kind
        said = "" if isinstance(error, UnidentifiedImageError) else f" ({cause(error)})"
        raise InputError(
            problem(
                f"the photo “{file.name}” is no picture that can be read{said}",
                "Save it as JPEG or PNG",
                file=file.name,
                field="photo",
            )
        ) from None
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    pixels = Image.frombytes("RGB", picture.size, picture.tobytes())
    stream = io.BytesIO()
    pixels.save(stream, "JPEG", quality=88)
    return stream.getvalue()
