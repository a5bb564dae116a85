"""The colours of the page and of its charts, for light and dark. Text on any surface has a contrast of 4.5 or more."""

# Name → light, dark. Charts name them as CSS variables, so that one switch re-themes everything.
PALETTE = {
    "page": ("#f6f7f9", "#0f1317"),
    "surface": ("#ffffff", "#171c22"),
    "line": ("#e1e5ea", "#2a323b"),
    "ink": ("#161b22", "#e8ecf1"),
    "muted": ("#566070", "#9aa7b5"),
    "accent": ("#2458c5", "#82aaff"),
    "accent-soft": ("#a9c2f2", "#34548f"),
    "accent-wash": ("#edf2fc", "#1c2636"),
    "quiet": ("#b4bdc9", "#4d5966"),
    "good": ("#1b7040", "#63c78d"),
    "bad": ("#b3261e", "#ff8f84"),
    "warn": ("#8f4d00", "#f2b45c"),
    # Not for text.
    "signal": ("#d97706", "#f2b45c"),
    "warn-wash": ("#fdf5e6", "#2b2418"),
}


def variables(dark: bool) -> str:
    """The palette as CSS declarations."""
    return " ".join(f"--{name}: {colours[dark]};" for name, colours in PALETTE.items())


def colour(name: str) -> str:
    """A colour as charts and styles name it."""
    if name not in PALETTE:
        raise KeyError(name)
    return f"var(--{name})"
