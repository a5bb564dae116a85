"""Numbers with their nouns."""


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """`1 handoff`, `1,200 handoffs`; a noun that does not just take an s brings its plural."""
    return f"{count:,} {noun if count == 1 else plural or f'{noun}s'}"
