"""Texts as Slack takes them: escaped, and cut where somebody would cut them.

Source: Slack docs, formatting text and block kit reference.
"""

# What Slack takes of each; a longer text is cut by Slack wherever it ends, a longer block is refused.
LONGEST_TEXT, LONGEST_SECTION, LONGEST_HEADER = 40_000, 3_000, 150
LONGEST_BUTTON, LONGEST_URL, MOST_BLOCKS = 75, 3_000, 50
ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
MORE = "…"
# A cut goes back to the last break or blank if that costs no more than this share of the text.
LOOK_BACK_SHARE = 0.2


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escaped_within(text: str, most: int) -> str:
    """A text escaped and at most so long, never cut within an entity."""
    whole = escaped(text)
    if len(whole) <= most:
        return whole
    room, length = most - len(MORE), 0
    for place, letter in enumerate(text):
        length += len(ENTITIES.get(letter, letter))
        if length > room:
            return escaped(_sensible(text, place)) + MORE
    return whole


def cut(text: str, most: int) -> str:
    """A plain text of at most so many characters."""
    return text if len(text) <= most else _sensible(text, most - len(MORE)) + MORE


def _sensible(text: str, place: int) -> str:
    """The text up to a place, or up to a line or word that ends a little before it."""
    head = text[:place]
    least = int(place * (1 - LOOK_BACK_SHARE))
    for sign in ("\n", " "):
        end = head.rfind(sign)
        if end >= max(least, 1):
            return head[:end].rstrip()
    return head


def section(text: str) -> dict:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def header(text: str) -> dict:
    return {"type": "header", "text": {"type": "plain_text", "text": cut(text, LONGEST_HEADER)}}


def small_print(text: str) -> dict:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": escaped_within(text, LONGEST_SECTION)}]}


def button(label: str, url: str) -> dict | None:
    """A block with one button; None where Slack would not take the address."""
    if len(url) > LONGEST_URL:
        return None
    text = {"type": "plain_text", "text": cut(label, LONGEST_BUTTON)}
    return {"type": "actions", "elements": [{"type": "button", "text": text, "url": url}]}
