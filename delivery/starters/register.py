"""Adds beatplanner to this user's Start menu, file associations and list of programs on Windows, or removes it from them.

    register.py add FOLDER VERSION KILOBYTES
    register.py remove FOLDER

The standard library alone, and no PowerShell, which many offices forbid. Needs no administrator.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from pathlib import Path

CLASSES = r"Software\Classes"
CLASS = CLASSES + r"\beatplanner.project"
ENTRY = r"Software\Microsoft\Windows\CurrentVersion\Uninstall\beatplanner"
# A double click on a file of this kind opens beatplanner: it is the program's own.
OWN = ".beatplan"
# GeoPackages and TOML files belong to other programs too: beatplanner only offers itself ("Open with").
OFFERED = (".gpkg", ".toml")
LINK = "beatplanner.lnk"
PROGRAMS, DOCUMENTS = 2, 5
# As the window says it (ui/desktop/app.py).
NAME = "beatplanner.desktop"


def known_folder(number: int) -> Path:
    """Return a folder of the user that Windows knows by number (CSIDL)."""
    text = ctypes.create_unicode_buffer(1024)
    if ctypes.windll.shell32.SHGetFolderPathW(None, number, None, 0, text) != 0:
        raise OSError(f"Windows does not say where folder {number} is")
    return Path(text.value)


def make_link(link: Path, program: Path, arguments: str, folder: Path, icon: Path, about: str) -> None:
    """Write a shortcut by the shell's own object, which takes names in every script."""

    class Guid(ctypes.Structure):
        _fields_ = [
            ("a", ctypes.c_uint32),
            ("b", ctypes.c_uint16),
            ("c", ctypes.c_uint16),
            ("d", ctypes.c_uint8 * 8),
        ]

    def guid(text: str) -> Guid:
        found = Guid()
        if ole.CLSIDFromString(ctypes.c_wchar_p(text), ctypes.byref(found)) != 0:
            raise OSError(text)
        return found

    def call(thing: ctypes.c_void_p, place: int, *values: object) -> None:
        table = ctypes.cast(thing, ctypes.POINTER(ctypes.POINTER(ctypes.c_void_p)))[0]
        kinds = [ctypes.c_int if isinstance(v, int) else ctypes.c_void_p for v in values]
        given = [ctypes.cast(ctypes.c_wchar_p(v), ctypes.c_void_p) if isinstance(v, str) else v for v in values]
        method = ctypes.WINFUNCTYPE(ctypes.c_long, ctypes.c_void_p, *kinds)(table[place])
        result = method(thing, *given)
        if result < 0:
            raise OSError(f"the shell answers {result & 0xFFFFFFFF:08x}")

    ole = ctypes.windll.ole32
    ole.CoInitialize(None)
    shell, file = ctypes.c_void_p(), ctypes.c_void_p()
    link_class = guid("{00021401-0000-0000-C000-000000000046}")
    link_face = guid("{000214F9-0000-0000-C000-000000000046}")
    file_face = guid("{0000010b-0000-0000-C000-000000000046}")
    if ole.CoCreateInstance(ctypes.byref(link_class), None, 1, ctypes.byref(link_face), ctypes.byref(shell)) != 0:
        raise OSError("the shell makes no shortcut")
    # IShellLinkW: SetDescription, SetWorkingDirectory, SetArguments, SetIconLocation, SetPath; IPersistFile: Save
    call(shell, 7, about)
    call(shell, 9, str(folder))
    call(shell, 11, arguments)
    call(shell, 17, str(icon), 0)
    call(shell, 20, str(program))
    _name_for_task_bar(shell, guid)
    _query(shell, file_face, file)
    call(file, 6, str(link), 1)
    call(file, 2)
    call(shell, 2)


def _name_for_task_bar(shell: ctypes.c_void_p, guid: Callable[[str], ctypes.Structure]) -> None:
    """Give a shortcut the name by which the task bar knows the window: a window that is pinned there starts by this shortcut."""

    class Value(ctypes.Structure):
        _fields_ = [("kind", ctypes.c_uint64), ("text", ctypes.c_wchar_p), ("rest", ctypes.c_uint64)]

    class Key(ctypes.Structure):
        _fields_ = [("a", ctypes.c_uint8 * 16), ("number", ctypes.c_uint32)]

    # System.AppUserModel.ID, a text (VT_LPWSTR); IPropertyStore: SetValue, Commit, Release
    of = (ctypes.c_uint8 * 16).from_buffer_copy(guid("{9F4C2855-9F79-4B39-A8D0-E1D42DE1D5F3}"))
    key, value, store = Key(of, 5), Value(31, NAME, 0), ctypes.c_void_p()
    try:
        _query(shell, guid("{886D8EEB-8CF2-4446-8D02-CDBA1DBDCF99}"), store)
    except OSError:
        # the entry works without
        return
    table = ctypes.cast(store, ctypes.POINTER(ctypes.POINTER(ctypes.c_void_p)))[0]
    ctypes.WINFUNCTYPE(ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)(table[6])(
        store, ctypes.byref(key), ctypes.byref(value)
    )
    ctypes.WINFUNCTYPE(ctypes.c_long, ctypes.c_void_p)(table[7])(store)
    ctypes.WINFUNCTYPE(ctypes.c_long, ctypes.c_void_p)(table[2])(store)


def _query(thing: ctypes.c_void_p, face: ctypes.Structure, found: ctypes.c_void_p) -> None:
    table = ctypes.cast(thing, ctypes.POINTER(ctypes.POINTER(ctypes.c_void_p)))[0]
    kind = ctypes.WINFUNCTYPE(ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
    if kind(table[0])(thing, ctypes.byref(face), ctypes.byref(found)) < 0:
        raise OSError("the shell keeps no shortcut")


def write_values(key: str, values: dict[str, object]) -> None:
    """Write values of a key of this user, "" for its own."""
    import winreg

    with winreg.CreateKey(winreg.HKEY_CURRENT_USER, key) as handle:
        for name, value in values.items():
            kind = winreg.REG_DWORD if isinstance(value, int) else winreg.REG_SZ
            winreg.SetValueEx(handle, name, 0, kind, value)


def remove_key(key: str) -> None:
    """Remove a key of this user and all below it."""
    import winreg

    try:
        with winreg.OpenKey(winreg.HKEY_CURRENT_USER, key) as handle:
            below = [winreg.EnumKey(handle, i) for i in range(winreg.QueryInfoKey(handle)[0])]
        for name in below:
            remove_key(f"{key}\\{name}")
        winreg.DeleteKey(winreg.HKEY_CURRENT_USER, key)
    except FileNotFoundError:
        pass


def remove_empty_key(key: str) -> None:
    """Remove a key of this user that has neither values nor keys below it."""
    import winreg

    try:
        with winreg.OpenKey(winreg.HKEY_CURRENT_USER, key) as handle:
            empty = winreg.QueryInfoKey(handle)[:2] == (0, 0)
        if empty:
            winreg.DeleteKey(winreg.HKEY_CURRENT_USER, key)
    except FileNotFoundError:
        pass


def notify_explorer() -> None:
    """Let the Explorer ask again what opens which kind of file (SHCNE_ASSOCCHANGED)."""
    ctypes.windll.shell32.SHChangeNotify(0x08000000, 0, None, None)


def add(target: Path, version: str, kilobytes: int) -> int:
    """Add all entries; return how many could not be made."""
    python, icon = target / "env" / "Scripts" / "pythonw.exe", target / "beatplanner.ico"

    def menu() -> None:
        about = "Neighbourhood beats, stations and officers who stay"
        link, documents = known_folder(PROGRAMS) / LINK, known_folder(DOCUMENTS)
        make_link(link, python, "-I -X utf8 -m beatplanner desktop", documents, icon, about)

    def files() -> None:
        write_values(CLASS, {"": "beatplanner project", "FriendlyTypeName": "beatplanner project"})
        write_values(CLASS + r"\DefaultIcon", {"": f'"{icon}",0'})
        write_values(CLASS + r"\shell\open", {"FriendlyAppName": "beatplanner"})
        write_values(CLASS + r"\shell\open\command", {"": f'"{python}" -I -X utf8 -m beatplanner desktop "%1"'})
        write_values(rf"{CLASSES}\{OWN}", {"": "beatplanner.project"})
        for suffix in OFFERED:
            write_values(rf"{CLASSES}\{suffix}\OpenWithProgids", {"beatplanner.project": ""})
        notify_explorer()

    def programs() -> None:
        remove_it = f'"{target / "uninstall.cmd"}"'
        values: dict[str, object] = {
            "DisplayName": "beatplanner",
            "DisplayVersion": version,
            "DisplayIcon": str(icon),
            "InstallLocation": str(target),
            "Publisher": "beatplanner",
            "UninstallString": remove_it,
            "QuietUninstallString": f"{remove_it} /quiet",
            "NoModify": 1,
            "NoRepair": 1,
            "EstimatedSize": kilobytes,
        }
        write_values(ENTRY, values)

    return sum(
        not _done(name, step)
        for name, step in (
            ("The entry in the Start menu", menu),
            ("The file association", files),
            ("The entry in the list of programs", programs),
        )
    )


def remove() -> int:
    """Remove all entries; return how many could not be removed."""
    import winreg

    def menu() -> None:
        (known_folder(PROGRAMS) / LINK).unlink(missing_ok=True)

    def files() -> None:
        remove_key(CLASS)
        try:
            ours = winreg.QueryValue(winreg.HKEY_CURRENT_USER, rf"{CLASSES}\{OWN}") == "beatplanner.project"
        except FileNotFoundError:
            ours = False
        if ours:
            remove_key(rf"{CLASSES}\{OWN}")
        for suffix in OFFERED:
            try:
                with winreg.OpenKey(
                    winreg.HKEY_CURRENT_USER, rf"{CLASSES}\{suffix}\OpenWithProgids", 0, winreg.KEY_SET_VALUE
                ) as key:
                    winreg.DeleteValue(key, "beatplanner.project")
            except FileNotFoundError:
                pass
            # keys that hold nothing else were made for it
            for key_name in (rf"{CLASSES}\{suffix}\OpenWithProgids", rf"{CLASSES}\{suffix}"):
                remove_empty_key(key_name)
        notify_explorer()

    return sum(
        not _done(name, step)
        for name, step in (
            ("The entry in the Start menu", menu),
            ("The file association", files),
            ("The entry in the list of programs", lambda: remove_key(ENTRY)),
        )
    )


def _done(name: str, step: Callable[[], None]) -> bool:
    try:
        step()
    except OSError as error:
        print(f"{name}: {error}")
        return False
    return True


def main(arguments: list[str]) -> int:
    """Do what is asked for, and return the exit code."""
    if os.name != "nt":
        print("This is for Windows.")
        return 1
    if len(arguments) == 4 and arguments[0] == "add":
        return int(add(Path(arguments[1]), arguments[2], int(arguments[3])) > 0)
    if len(arguments) == 2 and arguments[0] == "remove":
        return int(remove() > 0)
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
