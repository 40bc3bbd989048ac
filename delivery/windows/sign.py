"""Signs a setup file with a certificate of the force's own: ``start.py sign FILE --certificate FILE.pfx``."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from delivery.wheels import run_quietly, sha256
from delivery.windows.publishers import publisher


def sign(file: Path, certificate: Path, password: Path | None) -> int:
    """Sign a setup file with a certificate of the force's own; return 0, or 1 where that cannot be done, and the file is as it was."""
    tool = shutil.which("osslsigncode")
    if tool is None:
        print("osslsigncode is missing; it signs. On Debian or Ubuntu: apt install osslsigncode", file=sys.stderr)
        return 1
    part = file.with_name(f".{file.name}.signed")
    command = [tool, "sign", "-pkcs12", str(certificate), "-n", "beatplanner", "-h", "sha256"]
    command += ["-readpass", str(password)] if password is not None else []
    done = run_quietly([*command, "-in", file, "-out", part])
    if done.returncode != 0:
        part.unlink(missing_ok=True)
        said = done.stdout + done.stderr
        reasons = {
            "Wrong password": f"the password does not open {certificate}"
            if password is not None
            else f"{certificate} wants a password: write it into a file and give that with --password FILE",
            "Failed to extract PKCS#12": f"{certificate} is no certificate with its key (.pfx, .p12)",
            "unsupported input file type": f"{file} is no program and no package of Windows",
        }
        why = next((text for word, text in reasons.items() if word in said), said.strip())
        print(f"It was not signed, and is as it was: {why}", file=sys.stderr)
        return 1
    part.replace(file)
    print(f"{file} is signed by {publisher(file)}. SHA-256 {sha256(file)}")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Sign as the command line asks, and return the exit code."""
    parser = argparse.ArgumentParser(prog="start.py sign", description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--certificate", type=Path, required=True)
    parser.add_argument("--password", type=Path)
    options = parser.parse_args(arguments)
    for path in (options.file, options.certificate, options.password):
        if path is not None and not path.is_file():
            print(f"{path} is no file that is there.", file=sys.stderr)
            return 1
    return sign(options.file, options.certificate, options.password)


if __name__ == "__main__":
    sys.exit(main())
