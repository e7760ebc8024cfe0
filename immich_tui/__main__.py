"""`python -m immich_tui` and the `immich-tui` script."""

import sys

from immich_tui import splash


def main() -> None:
    """Run the command line."""
    said = splash.starts_app(sys.argv[1:]) and splash.show()
    from immich_tui.importing import undisturbed

    with undisturbed():
        from immich_tui.cli import main as run

    if said:
        splash.hide()
    run()


if __name__ == "__main__":
    main()
