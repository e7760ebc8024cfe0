"""Copies of every loser: fetched, verified, durable, described."""
