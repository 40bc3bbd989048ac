#!/bin/sh
# Starts beatplanner; without a command the window opens. Works beside the installation and in the unpacked bundle.
here=$(cd "$(dirname "$0")" && pwd) || exit 1
[ -x "$here/env/bin/python" ] || [ -x "$here/env.old/bin/python" ] || here="${XDG_DATA_HOME:-$HOME/.local/share}/beatplanner"
# an upgrade that was killed between two steps: the older version is whole
[ -x "$here/env/bin/python" ] || [ ! -x "$here/env.old/bin/python" ] || mv "$here/env.old" "$here/env"
if [ ! -x "$here/env/bin/python" ]; then
    echo "beatplanner is not installed yet. Run install.sh first." >&2
    exit 1
fi
exec "$here/env/bin/python" -I -m beatplanner "$@"
