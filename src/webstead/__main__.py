"""`python -m webstead` is the command line."""

from webstead.cli import main

if __name__ == "__main__":
    main()
