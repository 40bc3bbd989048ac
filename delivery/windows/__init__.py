"""One setup file for Windows with a Python of its own: runtime, layout, imports of all libraries, and the installer."""
