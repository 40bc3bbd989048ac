#!/bin/sh
# Starts beatplanner; without a command the window opens. Works beside the installation and in the unpacked bundle.
here=$(cd "$(dirname "$0")" && pwd) || exit 1
[ -x "$here/env/bin/python" ] || here="${XDG_DATA_HOME:-$HOME/.local/share}/beatplanner"
if [ ! -x "$here/env/bin/python" ]; then
    echo "beatplanner is not installed yet. Run install.sh first." >&2
    exit 1
fi
exec "$here/env/bin/python" -m beatplanner "$@"
