"""What HubSpot answers page by page, each page naming where the next one begins."""

from collections.abc import Iterator, Mapping

from dagster_project.crm.transport import HubSpotApi


def pages_of(api: HubSpotApi, path: str, query: Mapping[str, str | int]) -> Iterator[dict]:
    """The answers to one question, from the first page to the last."""
    after: str | None = None
    while True:
        page = api.get(path, {**query} if after is None else {**query, "after": after})
        yield page
        after = next_of(page)
        if after is None:
            return


def next_of(page: Mapping) -> str | None:
    """Where the next page begins; None: this is the last one."""
    return ((page.get("paging") or {}).get("next") or {}).get("after") or None
