"""Any file into a frame: vector files, tables, workbooks, archives; numbers, dates, coordinates and fingerprints."""
