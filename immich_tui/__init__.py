"""Review and clear up the duplicates of an Immich server without losing anything."""

__version__ = "0.1.0"
