"""The bundle's bill of materials: CycloneDX 1.6 as JSON, which the usual scanners read."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from packaging.utils import canonicalize_name

from delivery.licences import SPDX, fits
from delivery.wheels import Wheel, marker_environment, sha256


def bill_of_materials(wheels: Sequence[Wheel], platform: str, python: str) -> dict[str, Any]:
    """Return the bill of a bundle.

    Parameters
    ----------
    wheels
        Everything in it, with the project's own wheel.
    platform, python
        What the bundle is for.

    Returns
    -------
    dict
        A CycloneDX 1.6 document.
    """
    have = {w.name: w for w in wheels}
    environment = marker_environment(platform, python)
    own = have["beatplanner"]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid4()}",
        "version": 1,
        "metadata": {
            "timestamp": dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds"),
            "component": {**_component(own), "type": "application"},
            "properties": [
                {"name": "beatplanner:platform", "value": platform},
                {"name": "beatplanner:python", "value": python},
            ],
        },
        "components": [_component(w) for w in wheels if w is not own],
        "dependencies": [
            {
                "ref": _reference(w),
                "dependsOn": sorted(
                    {
                        _reference(have[n])
                        for need in w.requires
                        if (n := canonicalize_name(need.name)) in have
                        and (need.marker is None or need.marker.evaluate(environment))
                    }
                ),
            }
            for w in wheels
        ],
    }


def _reference(wheel: Wheel) -> str:
    return f"pkg:pypi/{wheel.name}@{wheel.version}"


def _component(wheel: Wheel) -> dict[str, Any]:
    terms = wheel.licence
    component: dict[str, Any] = {
        "type": "library",
        "bom-ref": _reference(wheel),
        "name": wheel.name,
        "version": wheel.version,
        "description": wheel.metadata.get("Summary", ""),
        "purl": _reference(wheel),
        "hashes": [{"alg": "SHA-256", "content": sha256(wheel.path)}],
        "properties": [
            {"name": "beatplanner:file", "value": wheel.path.name},
            {"name": "beatplanner:sha256-of-the-original", "value": wheel.original_sha256},
            {"name": "beatplanner:files-left-out", "value": str(wheel.left_out)},
        ],
    }
    if wheel.metadata.get("License-Expression") or (fits(terms) and " " in terms and "BSD " not in f"{terms} "):
        component["licenses"] = [{"expression": terms}]
    elif terms in SPDX.values() and terms != "BSD":
        component["licenses"] = [{"license": {"id": terms}}]
    elif terms:
        component["licenses"] = [{"license": {"name": terms}}]
    return component
