"""Bringing photos back from a backup folder alone."""
