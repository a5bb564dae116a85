"""The generated pages of docs/: what the rule files say about themselves."""
