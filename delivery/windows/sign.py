"""Signs a setup file with a certificate of the force's own: ``start.py sign FILE --certificate FILE.pfx``."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path


def sign(file: Path, certificate: Path, password: Path | None) -> int:
    """Sign a setup file with a certificate of the force's own, and return the exit code of ``osslsigncode``."""
    tool = shutil.which("osslsigncode")
    if tool is None:
        print("osslsigncode is missing; it signs. On Debian or Ubuntu: apt install osslsigncode", file=sys.stderr)
        return 1
    part = file.with_name(f".{file.name}.signed")
    command = [tool, "sign", "-pkcs12", str(certificate), "-n", "beatplanner", "-h", "sha256"]
    command += ["-readpass", str(password)] if password is not None else []
    done = subprocess.run([*command, "-in", str(file), "-out", str(part)], check=False)
    if done.returncode == 0:
        part.replace(file)
    else:
        part.unlink(missing_ok=True)
    return done.returncode


def main(arguments: Sequence[str] | None = None) -> int:
    """Sign as the command line asks, and return the exit code."""
    parser = argparse.ArgumentParser(prog="start.py sign", description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--certificate", type=Path, required=True)
    parser.add_argument("--password", type=Path)
    options = parser.parse_args(arguments)
    for path in (options.file, options.certificate, options.password):
        if path is not None and not path.is_file():
            print(f"{path} is not there.", file=sys.stderr)
            return 1
    return sign(options.file, options.certificate, options.password)


if __name__ == "__main__":
    sys.exit(main())
