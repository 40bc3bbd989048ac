"""Why a file could not be read or written, in sentences of our own: a library's words name neither what is wrong for a planner nor what to do."""

from __future__ import annotations

import errno
import json
import re
import zipfile

# By what the system calls an error.
_OF_SYSTEM = {
    "the drive is full": (errno.ENOSPC, errno.EDQUOT, errno.EFBIG),
    "access was denied": (errno.EACCES, errno.EPERM),
    "the drive may only be read": (errno.EROFS,),
    "it is not there": (errno.ENOENT, errno.ENOTDIR, errno.ENODEV, errno.ENXIO),
    "it is a folder": (errno.EISDIR,),
    "another program has it open": (errno.EBUSY, errno.EAGAIN, errno.ETXTBSY, errno.EDEADLK),
    "the drive does not answer as it should": (errno.EIO, errno.ETIMEDOUT, errno.ESTALE, errno.ENOTCONN),
    "its name is too long": (errno.ENAMETOOLONG,),
    "a link leads back to itself": (errno.ELOOP,),
    "too many files are open on this computer": (errno.EMFILE, errno.ENFILE),
    "there is not enough memory": (errno.ENOMEM,),
    "something else is in its place": (errno.EEXIST, errno.ENOTEMPTY),
}
_BY_NUMBER = {number: said for said, numbers in _OF_SYSTEM.items() for number in numbers}
# By what libraries of databases, maps, archives and tables write, the first that is found.
_OF_LIBRARIES = (
    (r"locked|busy", "another program has it open"),
    (r"disk is full|disk I/O|no space", "the drive is full"),
    (r"read-?only", "the drive may only be read"),
    (r"permission|access (?:is )?denied", "access was denied"),
    (r"no such file|does not exist|unable to open|not found", "it is not there"),
    (r"malformed|not a database|corrupt|checksum|CRC-32|decompress", "parts of it are overwritten"),
    (r"no such (?:table|column)", "a table that belongs to it is missing"),
    (r"not recognized as", "its content is none of the formats that are read"),
    (r"truncated|unexpected end|end of file|EOF|zip|archive", "its end or its beginning is missing"),
    (r"pars(?:e|ing)|syntax|unexpected (?:char|token)|well-formed|json|xml", "it breaks off or has a mistake"),
    (r"utf-?8|decod|encoding|codec", "its letters are written in another way than it says"),
    (r"password|encrypted", "it is protected by a password"),
    (r"too large|too big|overflow|out of memory", "it is far too large"),
    (r"geometr|ring|linestring|polygon|wkb", "shapes in it are broken"),
)
OTHER = "its content is not what belongs into such a file"


def cause(error: BaseException) -> str:
    """Return why something failed, as a part of a sentence.

    Parameters
    ----------
    error
        What the system or a library raised. A sentence that our own readers raised, which begins with “it”, stays as it is.
    """
    text = str(error)
    if text.startswith("it "):
        return text.splitlines()[0]
    if isinstance(error, json.JSONDecodeError):
        return f"it breaks off or has a mistake in line {error.lineno}, column {error.colno}"
    if isinstance(error, OSError) and error.errno in _BY_NUMBER:
        return _BY_NUMBER[error.errno]
    if isinstance(error, MemoryError):
        return "there is not enough memory"
    if isinstance(error, UnicodeError):
        return "its letters are written in another way than it says"
    if isinstance(error, RecursionError):
        return "lists or tables are nested hundreds of times"
    if isinstance(error, zipfile.BadZipFile):
        return "its end or its beginning is missing"
    place = re.search(r"\bline (\d+)(?:\D{1,12}?column (\d+))?", text)
    said = next((own for found, own in _OF_LIBRARIES if re.search(found, text, re.IGNORECASE)), OTHER)
    if place is not None and said in ("it breaks off or has a mistake", OTHER):
        if place[2]:
            return f"it breaks off or has a mistake in line {place[1]}, column {place[2]}"
        return f"it breaks off or has a mistake in line {place[1]}"
    return said
