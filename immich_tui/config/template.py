"""The settings file to start from: every setting with what it does and what it is without being set."""

from __future__ import annotations

from typing import Final

TEMPLATE: Final = """\
# Settings of immich-tui. Every line that is commented out shows what holds without it.
# A flag outranks an environment variable (IMMICH_TUI_RATE for rate, and so on), that a profile, that
# this file.
# API keys do not belong here: they are in the system's keyring, or in a file that only you can read.

# Requests at once, and requests per second, at most.
# workers = 5
# rate = 10.0

# Where originals are copied before they are trashed. Without it: immich-tui-backups in your home.
# backup_dir = "~/immich-tui-backups"

# What makes a photo the better one: metadata, quality, lossless, immich, or one of your own below.
# policy = "metadata"

# Give kept photos camera, lens, exposure, place and date that only a trashed copy has, by a new XMP sidecar.
# It replaces a sidecar that the photo has: what Immich shows is written again, other content of it is lost.
# graft = false

# How pictures are drawn: auto, kitty, sixel, blocks, off.
# images = "auto"

# Colours; the palette of the app (ctrl+p) lists the names. Without it they follow the terminal.
# theme = "darkroom"

# Photos that are never trashed, under any policy: by the path of the original, or by the id of a library.
# protect_paths = ["*/originals/*"]
# protect_libraries = ["upload"]

# Positions nearer than this, in metres, are the same place.
# gps_tolerance_m = 11.0

# The profile to use when there are several.
# default_profile = "home"

# Keys to start from: vim, or immich for those of Immich's own page (without its key that trashes all).
# keys = "vim"

# Whether this machine may fetch originals from the server itself.
# download_here = true

# Single keys of the app, by the ids of docs/keys.md.
# [keymap]
# "app.help" = "f1"

# Folders of the server and where they are mounted on this machine: backups are copied from there.
# [path_map]
# "/usr/src/app/upload" = "/mnt/photos"

# An aria2 daemon that fetches backups for itself, for instance on the NAS.
# [aria2]
# url = "http://127.0.0.1:6800/jsonrpc"
# secret_file = "~/.config/immich-tui/aria2-secret"
# folder = "/volume1/immich-tui-backups"
# shared = false
# server_url = "http://127.0.0.1:2283/api"
# allowed_hosts = []
# trust_remote_backup = false

# What each piece of metadata is worth.
# [weights]
# location = 30.0
# time_zone = 20.0
# camera = 15.0
# capture_time = 15.0
# lens = 10.0
# place = 10.0

# Servers. The app keeps one here when you type a name for it, and its key where keys are kept.
# [profile.home]
# url = "https://photos.example.org/api"
# ca_file = "/etc/ssl/my-own-ca.pem"
# insecure = false

# A policy of your own: the first criterion on which two photos differ decides.
# [policies.family]
# label = "Originals first"
# criteria = [{prefer = "path", matches = "*/originals/*"}, "score", "pixels", "file size"]
"""
