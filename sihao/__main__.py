"""`python -m sihao`."""

from sihao.cli import main

if __name__ == "__main__":
    main()
