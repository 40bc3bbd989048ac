#!/bin/sh
# Removes beatplanner and its menu entry. Plans, projects and settings stay.
here=$(cd "$(dirname "$0")" && pwd) || exit 1
if [ ! -f "$here/installed.json" ]; then
    echo "beatplanner is not installed in this folder." >&2
    exit 1
fi
entry="${XDG_DATA_HOME:-$HOME/.local/share}/applications/beatplanner.desktop"
if [ -f "$entry" ] && grep -qF "$here/" "$entry"; then
    data=$(dirname "$(dirname "$entry")")
    rm -f "$entry" "$data/mime/packages/beatplanner.xml"
    update-mime-database "$data/mime" >/dev/null 2>&1
    update-desktop-database "$data/applications" >/dev/null 2>&1
fi
cd / || exit 1
rm -rf "$here/env" "$here/env.new" "$here/env.old" "$here/guide" "$here/licences"
rm -f "$here/sbom.cdx.json" "$here/beatplanner.png" "$here/beatplanner.ico" "$here/beatplanner.sh" "$here/installing" "$here/installed.json" "$here/uninstall.sh"
rmdir "$here" 2>/dev/null
echo "beatplanner was removed. Projects, plans and settings stay."
