"""E-mail addresses in logs show whose they are to those who know, and to nobody else."""

import re

ADDRESS = re.compile(r"([^\s@<>\"'(),;:])([^\s@<>\"'(),;:]*)@([^\s@<>\"'(),;:]+)")


def masked(text: str) -> str:
    """`dana.reyes@orbit.example` → `d***@orbit.example`, wherever it stands in the text."""
    return ADDRESS.sub(r"\1***@\3", text)
