"""Looking whether backups are whole and the server is as a run left it."""
