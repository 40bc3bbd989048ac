"""The form of a certificate's arrays: who reads numbers past the end of an array, or halves of numbers, proves what is not so."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

Arrays = dict[str, np.ndarray]
# Kinds of numpy's types: whole numbers, any numbers, truth values (or whole numbers), text.
WHOLE, NUMBER, TRUTH, TEXT = "iu", "iuf", "biu", "U"

# A bound and what its certificate proves may differ by the rounding of a sum, as a share.
HAIR = 1e-12


class MalformedError(ValueError):
    """An array is not as ``docs/proofs.md`` says: it has another type, another size, or numbers that name nothing."""


def sized(arrays: Arrays, sizes: Mapping[str, int], forms: Mapping[str, tuple[str, tuple[str | int, ...]]]) -> None:
    """Check kinds and shapes.

    Parameters
    ----------
    arrays
        Of a certificate.
    sizes
        Known lengths by their letters; a letter that is not among them stands for one length wherever it is used, ``"N+1"`` for one more.
    forms
        For each array its kinds and its shape, in letters or numbers. Arrays that are not there are left to those who need them.

    Raises
    ------
    MalformedError
        Where an array is of another kind or shape.
    """
    known = dict(sizes)
    for key, (kinds, shape) in forms.items():
        array = arrays.get(key)
        if array is None:
            continue
        if array.dtype.kind not in kinds or array.ndim != len(shape):
            raise MalformedError(f"{key}: {array.dtype} of {array.ndim} dimensions")
        for length, wanted in zip(array.shape, shape, strict=True):
            letter, _, more = str(wanted).partition("+")
            own = length - int(more or 0)
            if own != (wanted if isinstance(wanted, int) else known.setdefault(letter, own)):
                raise MalformedError(f"{key}: {array.shape}")


def check_range(arrays: Arrays, key: str, least: int, most: int) -> None:
    """Check that the numbers of an array, where it is there, name something: at least `least` and below `most`.

    Raises
    ------
    MalformedError
        Where one does not.
    """
    array = arrays.get(key)
    if array is not None and array.size and not (least <= int(array.min()) and int(array.max()) < most):
        raise MalformedError(f"{key}: {array.min()} to {array.max()}")


def starts(arrays: Arrays, key: str, of: str) -> None:
    """Check that `key` parts the rows of `of`: from 0 to their number, none less than that before it.

    Raises
    ------
    MalformedError
        Where it does not.
    """
    start, rows = arrays.get(key), arrays.get(of)
    if start is None or rows is None:
        return
    if not len(start) or int(start[0]) != 0 or int(start[-1]) != len(rows) or (start[1:] < start[:-1]).any():
        raise MalformedError(f"{key} does not part {of}")


def are_numbers(arrays: Arrays) -> bool:
    """Tell whether all arrays hold text or numbers; limits may be infinite, and a threshold that is not needed is none."""
    return all(_is_number(key, array) for key, array in arrays.items())


def _is_number(key: str, array: np.ndarray) -> bool:
    if array.dtype.kind != "f" or key == "threshold":
        return array.dtype.kind in "fiubU"
    unlimited = key.rpartition(".")[2] in ("limit_upto", "limit_bound")
    return not np.isnan(array).any() and not np.isneginf(array).any() and (unlimited or bool(np.isfinite(array).all()))
