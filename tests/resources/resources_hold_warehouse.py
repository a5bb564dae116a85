"""Keep a warehouse file open in a process of its own until somebody closes standard input.

python resources_hold_warehouse.py <warehouse> <writing|reading>
"""

import sys

import duckdb


def main(path: str, access: str) -> None:
    with duckdb.connect(path, read_only=access == "reading"):
        print("open", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
