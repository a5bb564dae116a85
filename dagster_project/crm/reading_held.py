"""What HubSpot holds of known records at this moment."""

from collections.abc import Iterator, Sequence

from dagster_project.crm.batches import BATCH_SIZE, NOT_FOUND
from dagster_project.crm.errors import CrmRefused
from dagster_project.crm.transport import HubSpotApi
from dagster_project.state.chunking import chunks


def read_held(
    api: HubSpotApi, object_type: str, keys: Sequence[str], properties: Sequence[str], id_property: str | None = None
) -> Iterator[dict]:
    """Records as HubSpot answers them (`id`, `properties`), a call per 100 keys; one that it does not hold is missing.

    Args:
        keys: Record ids, or values of `id_property`, each once.
    Raises:
        CrmRefused: HubSpot did not read some of them for another reason than that they are not there.
    Source: HubSpot docs, CRM objects, batch read.
    """
    for some in chunks(keys, BATCH_SIZE):
        body = {"inputs": [{"id": key} for key in some], "properties": list(properties)}
        if id_property is not None:
            body["idProperty"] = id_property
        answer = api.post(f"/crm/objects/{{version}}/{object_type}/batch/read", body, repeatable=True)
        for error in answer.body.get("errors") or []:
            # Who is not told of for another reason would be taken for gone, and their handoff for overtaken.
            if (category := error.get("category") or NOT_FOUND) != NOT_FOUND:
                raise CrmRefused(answer.status, category, str(error.get("message") or "no message"))
        yield from answer.body.get("results") or []
