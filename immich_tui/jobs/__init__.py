"""How long work runs: phases, pool, journal, progress. Knows nothing of Immich."""
