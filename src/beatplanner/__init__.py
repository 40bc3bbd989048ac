"""Fixed neighbourhood beats, outreach stations and officers who stay: planned with proof."""

__version__ = "0.1.0"
