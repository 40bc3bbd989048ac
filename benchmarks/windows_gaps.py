"""Fills what wine's C runtime lacks and numpy, scipy, pydantic, Qt and Python call, for trials alone: nothing of it is ever shipped.

wine (8 and 10, as Debian has them) announces functions for complex numbers that end the program, has no ``icuuc.dll`` and, in 8, no
``bcryptprimitives.dll``. Here a library of the same name takes wine's place: it has the missing functions, from mingw's mathematics, and hands
everything else on to a copy of wine's own. ``icuuc`` has no converters at all: Qt goes by UTF-8 and UTF-16 then, as the program does.
Needs Debian's ``gcc-mingw-w64-x86-64``.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

COMPILER, READER = "x86_64-w64-mingw32-gcc", "x86_64-w64-mingw32-objdump"
# Names that programs take from the folder of the system first.
LIBRARIES = ("icuuc", "ucrtbase", "ucrtwine", "bcryptprimitives", "propsys", "propwine")
ONE, REAL = (
    [
        "cacos",
        "cacosh",
        "casin",
        "casinh",
        "catan",
        "catanh",
        "ccos",
        "ccosh",
        "cexp",
        "clog",
        "conj",
        "cproj",
        "csin",
        "csinh",
        "csqrt",
        "ctan",
        "ctanh",
    ],
    ["cabs", "carg", "cimag", "creal"],
)
OUT = "__declspec(dllexport)"
MARK = b"Wine builtin DLL"
# Functions of icuuc with the place of their status among the arguments; 16 is U_UNSUPPORTED_ERROR.
ICU_STATUS = {
    "ucnv_open": 1,
    "ucnv_getName": 1,
    "ucnv_setToUCallBack": 5,
    "ucnv_setFromUCallBack": 5,
    "ucnv_cbToUWriteUChars": 4,
    "ucnv_cbFromUWriteUChars": 4,
    "ucnv_toUnicode": 7,
    "ucnv_fromUnicode": 7,
    "ucnv_toUCountPending": 1,
    "ucnv_fromUCountPending": 1,
    "ucnv_getStandardName": 2,
}
ICU_PLAIN = [
    "ucnv_close",
    "ucnv_reset",
    "ucnv_getMaxCharSize",
    "ucnv_getToUCallBack",
    "ucnv_getFromUCallBack",
    "ucnv_getAvailableName",
    "ucnv_countAvailable",
    "UCNV_FROM_U_CALLBACK_SUBSTITUTE",
    "UCNV_TO_U_CALLBACK_SUBSTITUTE",
]


def can_be_filled() -> bool:
    """Tell whether the compiler is here."""
    return shutil.which(COMPILER) is not None and shutil.which(READER) is not None


def fill(system: Path, work: Path) -> None:
    """Write the libraries into the folder ``windows/system32`` of a Windows that wine has made.

    Parameters
    ----------
    system
        That folder; it holds wine's own libraries.
    work
        A folder for what is made on the way.
    """
    work.mkdir(parents=True, exist_ok=True)
    own, functions = _complex()
    _stand_in(system, work, "ucrtbase", "ucrtwine", own, functions)
    # E_NOTIMPL: Python's module platform goes by other ways then
    variant = f"{OUT} long __stdcall shim_VariantToString(void *v, void *s, unsigned n) {{ return 0x80004001L; }}"
    _stand_in(system, work, "propsys", "propwine", variant, {"VariantToString": "shim_VariantToString"})
    icu = [f"{OUT} void *{name}(void) {{ return 0; }}" for name in ICU_PLAIN]
    for name, place in ICU_STATUS.items():
        arguments = ", ".join(f"void *a{k}" for k in range(place))
        icu.append(f"{OUT} void *{name}({arguments}, int *s) {{ if (s && *s <= 0) *s = 16; return 0; }}")
    _compile(work, system / "icuuc.dll", "\n".join(icu))
    random = (
        "__declspec(dllimport) unsigned char __stdcall SystemFunction036(void *, unsigned long);\n"
        f"{OUT} int __stdcall ProcessPrng(unsigned char *p, unsigned long long n) {{ return SystemFunction036(p, (unsigned long)n); }}"
    )
    if not (system / "bcryptprimitives.dll").is_file():
        _compile(work, system / "bcryptprimitives.dll", random, "-ladvapi32")


def _complex() -> tuple[str, dict[str, str]]:
    """Return the source of functions for complex numbers, and which name of the runtime is which of them."""
    lines = ["#include <complex.h>", "typedef float _Complex fc; typedef double _Complex dc;"]
    found: dict[str, str] = {}
    for letter, kind, real in (("", "dc", "double"), ("f", "fc", "float")):
        for name in ONE:
            lines.append(f"{OUT} {kind} shim_{name}{letter}({kind} z) {{ return {name}{letter}(z); }}")
        for name in REAL:
            lines.append(f"{OUT} {real} shim_{name}{letter}({kind} z) {{ return {name}{letter}(z); }}")
        lines.append(f"{OUT} {kind} shim_cpow{letter}({kind} a, {kind} b) {{ return cpow{letter}(a, b); }}")
        square = f"creal{letter}(z) * creal{letter}(z) + cimag{letter}(z) * cimag{letter}(z)"
        lines.append(f"{OUT} {real} shim_norm{letter}({kind} z) {{ return {square}; }}")
        of = "_F" if letter else "_"
        made = f"{kind} z; __real__ z = a; __imag__ z = b; return z;"
        lines.append(f"{OUT} {kind} shim{of}Cbuild({real} a, {real} b) {{ {made} }}")
        lines.append(f"{OUT} {kind} shim{of}Cmulcc({kind} a, {kind} b) {{ return a * b; }}")
        lines.append(f"{OUT} {kind} shim{of}Cmulcr({kind} a, {real} b) {{ return a * b; }}")
        found |= {f"{n}{letter}": f"shim_{n}{letter}" for n in (*ONE, *REAL, "cpow", "norm")}
        found |= {f"{of}C{n}": f"shim{of}C{n}" for n in ("build", "mulcc", "mulcr")}
    # a long double is a double there
    found |= {f"{n}l": f"shim_{n}" for n in (*ONE, *REAL, "cpow", "norm")}
    found |= {f"_LC{n}": f"shim_C{n}" for n in ("build", "mulcc", "mulcr")}
    return "\n".join(lines), found


def _stand_in(system: Path, work: Path, name: str, kept: str, source: str, functions: dict[str, str]) -> None:
    """Put a library in the place of wine's that has some functions of its own and hands the others on to a copy of wine's."""
    library = system / f"{name}.dll"
    data = bytearray(library.read_bytes())
    if data[0x40:0x50] != MARK:
        # it stands in already
        return
    # without the mark wine takes the copy for a library like any other
    data[0x40:0x60] = bytes(0x20)
    (system / f"{kept}.dll").write_bytes(data)
    said = subprocess.run([READER, "-p", library], capture_output=True, text=True, check=True).stdout
    table = said[said.index("[Ordinal/Name Pointer]") :]
    names = {line.split()[-1] for line in table.splitlines() if re.match(r"\s*\[\s*\d+\]", line)}
    lines = [f"LIBRARY {name}.dll", "EXPORTS"]
    lines += [
        f'"{n}" = {functions[n]}' if n in functions else f'"{n}" = "{kept}.{n}"' for n in sorted(names | {*functions})
    ]
    (work / f"{name}.def").write_text("\n".join(lines) + "\n", "ascii")
    _compile(work, library, source, str(work / f"{name}.def"))


def _compile(work: Path, library: Path, source: str, *more: str) -> None:
    file = work / f"{library.stem}.c"
    file.write_text(source + "\n", "ascii")
    library.unlink(missing_ok=True)
    subprocess.run([COMPILER, "-shared", "-O2", "-static-libgcc", "-o", library, file, *more], check=True)
