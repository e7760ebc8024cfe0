"""`python -m immich_tui` and the `immich-tui` script."""


def main() -> None:
    """Run the command line."""
    from immich_tui.cli import main as run

    run()


if __name__ == "__main__":
    main()
