"""What GDAL may do: read the formats of ``docs/data.md``, and nothing else; no network, no other file.

GDAL goes by the content of a file, not by its name, and some of its drivers read other files or servers. So all drivers but ours are taken
out of its list before its first use (``GDAL_SKIP``), which holds for every open, also those that GDAL does on its own for files beside a file.
"""

from __future__ import annotations

import os
import sys

VECTOR_DRIVERS = frozenset(
    {"GPKG", "ESRI Shapefile", "GeoJSON", "GeoJSONSeq", "TopoJSON", "ESRIJSON", "LIBKML", "FlatGeobuf", "GML", "MapInfo File", "OpenFileGDB", "OSM"}
)  # fmt: skip
RASTER_DRIVERS = frozenset({"GTiff"})
# needed by the libraries themselves; reads no file
INNER_DRIVERS = frozenset({"MEM", "Memory", "DERIVED"})

# Every other driver of the GDAL libraries that pyogrio and rasterio bring (3.10 to 3.12); a test finds those of a newer one.
VECTOR_SKIPPED = (
    "ADBC", "AIVector", "AVCBin", "AVCE00", "AmigoCloud", "CSV", "CSW", "Carto", "DGN", "DXF", "EDIGEO", "EEDA", "Elasticsearch", "GDALG", "GPSBabel",
    "GPX", "GTFS", "GeoRSS", "HTTP", "Idrisi", "JML", "JSONFG", "KML", "LVBAG", "MBTiles", "MVT", "MapML", "MiraMonVector", "NGW", "OAPIF", "ODS",
    "OGCAPI", "OGR_GMT", "OGR_PDS", "OGR_VRT", "PCIDSK", "PDF", "PDS4", "PGDUMP", "PLSCENES", "PMTiles", "S57", "SQLite", "SXF", "Selafin", "VDV",
    "VFK", "VICAR", "WAsP", "WFS", "XLSX",
)  # fmt: skip
RASTER_SKIPPED = (
    "AAIGrid", "ACE2", "ADRG", "AIG", "AirSAR", "BAG", "BIGGIF", "BLX", "BMP", "BSB", "BT", "BYN", "CALS", "CEOS", "COASP", "COG", "COSAR", "CPG",
    "CTG", "CTable2", "DAAS", "DIMAP", "DIPEx", "DOQ1", "DOQ2", "DTED", "ECRGTOC", "EEDAI", "EHdr", "EIR", "ELAS", "ENVI", "ERS", "ESAT", "ESRIC",
    "FAST", "FIT", "GFF", "GIF", "GNMDatabase", "GNMFile", "GRASSASCIIGrid", "GRIB", "GS7BG", "GSAG", "GSBG", "GSC", "GTI", "GTX", "GXF", "GenBin",
    "HDF4", "HDF4Image", "HDF5", "HDF5Image", "HF2", "HFA", "ILWIS", "IRIS", "ISCE", "ISG", "ISIS2", "ISIS3", "JAXAPALSAR", "JDEM", "JP2OpenJPEG",
    "JPEG", "JPEGXL", "KMLSUPEROVERLAY", "KRO", "L1B", "LAN", "LCP", "LOSLAS", "Leveller", "MAP", "MFF", "MFF2", "MRF", "MSGN", "NDF", "NGSGEOID",
    "NITF", "NOAA_B", "NSIDCbin", "NTv2", "NWT_GRC", "NWT_GRD", "OZI", "PAux", "PCRaster", "PDS", "PLMOSAIC", "PNG", "PNM", "PRF", "R", "RIK", "RMF",
    "ROI_PAC", "RPFTOC", "RRASTER", "RS2", "RST", "Rasterlite", "S102", "S104", "S111", "SAFE", "SAGA", "SAR_CEOS", "SDTS", "SENTINEL2", "SGI",
    "SIGDEM", "SNAP_TIFF", "SNODAS", "SRP", "SRTMHGT", "STACIT", "STACTA", "TGA", "TIL", "TSX", "Terragen", "USGSDEM", "VRT", "WCS", "WEBP", "WMS",
    "WMTS", "XPM", "XYZ", "ZMap", "Zarr", "netCDF",
)  # fmt: skip
SETTINGS = {
    # a scheme that curl does not know: whatever asks for the network is refused before a socket is opened
    "GDAL_HTTP_PROXY": "off://",
    "GDAL_HTTPS_PROXY": "off://",
    "CPL_VSIL_CURL_ALLOWED_FILENAME": "none",
    "GDAL_HTTP_MAX_RETRY": "0",
    "PROJ_NETWORK": "OFF",
    # GML: no scheme from elsewhere, no links followed
    "GML_DOWNLOAD_SCHEMA": "NO",
    "GML_USE_SCHEMA_IMPORT": "NO",
    "GML_SKIP_RESOLVE_ELEMS": "ALL",
    # no code beside the library
    "GDAL_DRIVER_PATH": "disable",
    "GDAL_PYTHON_DRIVER_PATH": "disable",
    "GDAL_VRT_ENABLE_PYTHON": "NO",
    "OGR_SQLITE_LOAD_EXTENSIONS": "",
}


def restrict_gdal() -> None:
    """Take from GDAL what it must not do; called before anything loads it."""
    if "pyogrio" not in sys.modules:
        os.environ["GDAL_SKIP"] = ",".join(VECTOR_SKIPPED)
    os.environ.update(SETTINGS)


def restrict_rasters() -> None:
    """Take the drivers of rasters too; called before rasterio's first use, whose GDAL is another one."""
    os.environ["GDAL_SKIP"] = ",".join((*VECTOR_SKIPPED, *RASTER_SKIPPED))
