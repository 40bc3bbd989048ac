#!/bin/sh
# Installs beatplanner from this folder: no network, no root. Looks for Python @PYTHON@ and starts install.py with it.
here=$(cd "$(dirname "$0")" && pwd) || exit 1
test='import sys; sys.exit(sys.version_info[:2] != (@PYTHON_COMMA@))'
for python in python@PYTHON@ python3 python; do
    if "$python" -c "$test" >/dev/null 2>&1; then
        exec "$python" "$here/install.py" "$@"
    fi
done
echo "beatplanner needs Python @PYTHON@ (64-bit), which is not on this computer." >&2
echo "Install it from your system's packages (such as: sudo apt install python@PYTHON@) or from https://www.python.org/downloads/" >&2
echo "or ask for the bundle for the Python that is here: $(python3 --version 2>/dev/null || echo none)." >&2
exit 1
