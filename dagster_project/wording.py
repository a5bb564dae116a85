"""Words of texts that people wrote, compared as the models compare them."""


def words_of(text: str) -> list[str]:
    """In small letters and without what is no letter or digit, as the macro `words` of the dbt project has them."""
    return "".join(letter if letter.isalnum() else " " for letter in text.lower()).split()
