"""`python -m groundwork` is the `groundwork` command."""

from .cli import main

main()
