"""A notice inside a GeoPackage: in its metadata, and beside each of its layers, where GDAL and QGIS show it."""

from __future__ import annotations

from pathlib import Path

from beatplanner.data.private_files import private_database

EXTENSION = "http://www.geopackage.org/spec121/#extension_metadata"


def write_notice(path: Path, notice: str) -> None:
    """Write a notice into a GeoPackage that is finished otherwise (OGC 12-128r18, metadata extension).

    It stands there as plain text: a record of GDAL's own would make every reader write a file beside the GeoPackage.

    Parameters
    ----------
    path
        The file.
    notice
        Who may see it, in a sentence.
    """
    with private_database(path) as database:
        database.execute("UPDATE gpkg_contents SET description = ? WHERE table_name != 'layer_styles'", (notice,))
        database.execute(
            "CREATE TABLE IF NOT EXISTS gpkg_extensions (table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL, "
            "scope TEXT NOT NULL, CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name))"
        )
        database.execute(
            "CREATE TABLE IF NOT EXISTS gpkg_metadata (id INTEGER CONSTRAINT m_pk PRIMARY KEY ASC NOT NULL, md_scope TEXT NOT NULL DEFAULT 'dataset', "
            "md_standard_uri TEXT NOT NULL, mime_type TEXT NOT NULL DEFAULT 'text/xml', metadata TEXT NOT NULL DEFAULT '')"
        )
        database.execute(
            "CREATE TABLE IF NOT EXISTS gpkg_metadata_reference (reference_scope TEXT NOT NULL, table_name TEXT, column_name TEXT, row_id_value INTEGER, "
            "timestamp DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')), md_file_id INTEGER NOT NULL, md_parent_id INTEGER, "
            "CONSTRAINT crmr_mfi_fk FOREIGN KEY (md_file_id) REFERENCES gpkg_metadata(id), "
            "CONSTRAINT crmr_mpi_fk FOREIGN KEY (md_parent_id) REFERENCES gpkg_metadata(id))"
        )
        for table in ("gpkg_metadata", "gpkg_metadata_reference"):
            database.execute(
                "INSERT OR REPLACE INTO gpkg_extensions VALUES (?, NULL, 'gpkg_metadata', ?, 'read-write')",
                (table, EXTENSION),
            )
        number = database.execute(
            "INSERT INTO gpkg_metadata (md_scope, md_standard_uri, mime_type, metadata) VALUES ('dataset', 'http://purl.org/dc/terms/accessRights', 'text/plain', ?)",
            (notice,),
        ).lastrowid
        # a fixed date keeps the file the same for the same plan
        database.execute(
            "INSERT INTO gpkg_metadata_reference (reference_scope, timestamp, md_file_id) VALUES ('geopackage', '2026-01-01T00:00:00.000Z', ?)",
            (number,),
        )
