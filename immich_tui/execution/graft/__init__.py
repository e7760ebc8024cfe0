"""Giving a winner what the API cannot write, by a sidecar."""
