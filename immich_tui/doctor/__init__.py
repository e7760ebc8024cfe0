"""What stands between a person and a good run: server, key, terminal, disk. It looks and changes nothing."""
