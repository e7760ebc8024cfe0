"""The endpoints, by area. The first route that matches wins, so fixed names stand before parameters."""

from immich_tui.demo.routes import (
    albums,
    assets,
    duplicates,
    media,
    people,
    server,
    stacks,
    tags,
    trash,
    upload,
)

ROUTES = (
    *server.ROUTES,
    *duplicates.ROUTES,
    *upload.ROUTES,
    *assets.ROUTES,
    *media.ROUTES,
    *trash.ROUTES,
    *albums.ROUTES,
    *tags.ROUTES,
    *people.ROUTES,
    *stacks.ROUTES,
)
"""All endpoints of all versions."""
