"""Makes a package for group policies (MSI) of the folder that the setup file installs: one copy for all users, in ``Program Files``.

``wixl`` (Debian: package ``wixl``) makes it of a description in WiX's XML. A package runs no program while it is installed: the kernels of
the solvers are compiled for each user at the first plan, and no small town is solved; ``beatplanner check`` tells whether all works.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

from delivery.wheels import BundleError, run_quietly

# A newer package is known by it as one that replaces this; it never changes.
FAMILY = uuid.UUID("6f4f2f4e-0c8a-4c0f-9d53-5d2f0f0d7b1e")
CLASSES = r"Software\Classes"


def make_msi(content: Path, out: Path, version: str, build: str) -> int:
    """Build the package of a folder, and return its size in bytes.

    Parameters
    ----------
    content
        As for `make_setup`: beside it lies ``beatplanner.exe``.
    out
        The file.
    version, build
        Of the program, and the name of this version's folder.

    Raises
    ------
    BundleError
        Where ``wixl`` is missing or fails.
    """
    tool = shutil.which("wixl")
    if tool is None:
        raise BundleError("wixl is missing; it makes the MSI. On Debian or Ubuntu: apt install wixl")
    current = content.parent / "current.txt"
    current.write_text(build, "ascii")
    script, part = content.parent / "beatplanner.wxs", out.with_name(f".{out.name}.part")
    description(content, version, build).write(script, "utf-8", xml_declaration=True)
    done = run_quietly([tool, "-a", "x64", "-I", content.parent, "-o", part, script])
    if done.returncode != 0 or not part.is_file():
        part.unlink(missing_ok=True)
        raise BundleError(f"wixl failed:\n{(done.stdout + done.stderr).strip()[-1500:]}")
    part.replace(out)
    return out.stat().st_size


def description(content: Path, version: str, build: str) -> ET.ElementTree:
    """Return the description of the package: a component a folder, the menu's entry, and the program's own kind of file."""
    wix = ET.Element("Wix", xmlns="http://schemas.microsoft.com/wix/2006/wi")
    numbers = [*(p for p in version.split(".") if p.isdigit()), "0", "0", "0"][:3]
    product = ET.SubElement(
        wix,
        "Product",
        Id=_guid("product", version),
        Name="beatplanner",
        Language="1033",
        Version=".".join(numbers),
        Manufacturer="beatplanner",
        UpgradeCode=_braced(FAMILY),
    )
    ET.SubElement(product, "Package", InstallerVersion="500", Compressed="yes", InstallScope="perMachine")
    ET.SubElement(product, "MajorUpgrade", DowngradeErrorMessage="A newer beatplanner is installed.")
    ET.SubElement(product, "Media", Id="1", Cabinet="beatplanner.cab", EmbedCab="yes")
    ET.SubElement(product, "Icon", Id="icon.ico", SourceFile=f"{content.name}/beatplanner.ico")
    ET.SubElement(product, "Property", Id="ARPPRODUCTICON", Value="icon.ico")
    top = ET.SubElement(product, "Directory", Id="TARGETDIR", Name="SourceDir")
    menu = ET.SubElement(ET.SubElement(top, "Directory", Id="ProgramMenuFolder"), "Component", Id="menu")
    menu.set("Guid", _guid("menu"))
    ET.SubElement(
        menu,
        "Shortcut",
        Id="menu_entry",
        Name="beatplanner",
        Target="[INSTALLDIR]beatplanner.exe",
        WorkingDirectory="INSTALLDIR",
    )
    ET.SubElement(
        menu,
        "RegistryValue",
        Root="HKLM",
        Key=r"Software\beatplanner",
        Name="menu",
        Type="integer",
        Value="1",
        KeyPath="yes",
    )
    programs = ET.SubElement(top, "Directory", Id="ProgramFiles64Folder")
    place = ET.SubElement(programs, "Directory", Id="INSTALLDIR", Name="beatplanner")
    components = ["menu", *_starters(place, content)]
    version_folder = ET.SubElement(place, "Directory", Id="d0", Name=build)
    components += _folders(version_folder, content, content, build, iter(range(1, 1_000_000)))
    feature = ET.SubElement(product, "Feature", Id="all", Level="1")
    for name in components:
        ET.SubElement(feature, "ComponentRef", Id=name)
    return ET.ElementTree(wix)


def _starters(place: ET.Element, content: Path) -> list[str]:
    """Add what lies above the folder of the version, and what Windows is told of the program's kind of file."""
    starters = ET.SubElement(place, "Component", Id="starters", Guid=_guid("starters"), Win64="yes")
    ET.SubElement(starters, "File", Id="launcher", Source="beatplanner.exe", Name="beatplanner.exe", KeyPath="yes")
    ET.SubElement(starters, "File", Id="command", Source=f"{content.name}/beatplanner.cmd", Name="beatplanner.cmd")
    ET.SubElement(starters, "File", Id="current", Source="current.txt", Name="current.txt")
    own = CLASSES + r"\beatplanner.project"
    for number, (key, name, value) in enumerate(
        (
            (own, "", "beatplanner project"),
            (own + r"\DefaultIcon", "", "[INSTALLDIR]beatplanner.exe,0"),
            (own + r"\shell\open", "FriendlyAppName", "beatplanner"),
            (own + r"\shell\open\command", "", '"[INSTALLDIR]beatplanner.exe" "%1"'),
            (CLASSES + r"\.beatplan", "", "beatplanner.project"),
            (CLASSES + r"\.gpkg\OpenWithProgids", "beatplanner.project", ""),
            (CLASSES + r"\.toml\OpenWithProgids", "beatplanner.project", ""),
        )
    ):
        entry = ET.SubElement(
            starters, "RegistryValue", Id=f"r{number}", Root="HKLM", Key=key, Type="string", Value=value
        )
        if name:
            entry.set("Name", name)
    return ["starters"]


def _folders(element: ET.Element, folder: Path, top: Path, build: str, numbers: Iterator[int]) -> list[str]:
    """Add the files of a folder as one component, and its folders below; return the names of the components."""
    names = []
    entries = sorted(folder.iterdir())
    files = [p for p in entries if p.is_file()]
    if files:
        names.append(f"c{next(numbers)}")
        guid = _guid("folder", build, folder.relative_to(top).as_posix())
        component = ET.SubElement(element, "Component", Id=names[0], Guid=guid, Win64="yes")
        for first, file in enumerate(files):
            entry = ET.SubElement(
                component,
                "File",
                Id=f"f{next(numbers)}",
                Source=file.relative_to(top.parent).as_posix(),
                Name=file.name,
            )
            if first == 0:
                entry.set("KeyPath", "yes")
    for below in entries:
        if below.is_dir():
            inner = ET.SubElement(element, "Directory", Id=f"d{next(numbers)}", Name=below.name)
            names += _folders(inner, below, top, build, numbers)
    return names


def _guid(*parts: str) -> str:
    return _braced(uuid.uuid5(FAMILY, "\n".join(parts)))


def _braced(value: uuid.UUID) -> str:
    return f"{{{str(value).upper()}}}"
