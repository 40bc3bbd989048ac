"""Writes OpenStreetMap extracts (.osm.pbf) by the format's specification."""

from __future__ import annotations

import struct

import numpy as np


def varint(value: int) -> bytes:
    out = bytearray()
    while True:
        out.append((value & 0x7F) | (0x80 if value > 0x7F else 0))
        value >>= 7
        if not value:
            return bytes(out)


def field(number: int, content: bytes | int) -> bytes:
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    return varint(number << 3 | 2) + varint(len(content)) + content


def zigzag(values) -> bytes:
    steps = np.diff([0, *values])
    return b"".join(varint(int(v) << 1 if v >= 0 else (-int(v) << 1) - 1) for v in steps)


def write_extract(path, nodes: dict[int, tuple[float, float]], ways: list[tuple[list[int], dict[str, str]]]) -> None:
    words = [""] + sorted({w for _, tags in ways for pair in tags.items() for w in pair})
    place = {w: i for i, w in enumerate(words)}
    ids = sorted(nodes)
    dense = field(1, zigzag(ids)) + field(8, zigzag([round(nodes[i][1] * 1e7) for i in ids]))
    dense += field(9, zigzag([round(nodes[i][0] * 1e7) for i in ids]))
    groups = field(2, field(2, dense))
    for k, (refs, tags) in enumerate(ways):
        way = field(1, k + 1) + field(2, b"".join(varint(place[t]) for t in tags))
        way += field(3, b"".join(varint(place[t]) for t in tags.values())) + field(8, zigzag(refs))
        groups += field(2, field(3, way))
    block = field(1, b"".join(field(1, w.encode()) for w in words)) + groups
    header = field(4, b"OsmSchema-V0.6") + field(4, b"DenseNodes")
    content = b""
    for kind, data in (("OSMHeader", header), ("OSMData", block)):
        blob = field(1, data) + field(2, len(data))
        head = field(1, kind.encode()) + field(3, len(blob))
        content += struct.pack(">I", len(head)) + head + blob
    path.write_bytes(content)
