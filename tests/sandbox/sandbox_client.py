"""A HubSpot client for these tests, and the path all of them use."""

import httpx

OBJECTS = "/crm/objects/2026-09"


class Client:
    """A HubSpot client that only speaks HTTP: `post(path, body)` and the like answer the raw response."""

    def __init__(self, url: str, token: str = "pat-test") -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        # Reading certificates, which plain HTTP has no use for, takes longer than a test.
        self._http = httpx.Client(base_url=url, headers=headers, verify=False)

    def get(self, path: str, **query: object) -> httpx.Response:
        return self._http.get(path, params=query)

    def post(self, path: str, body: object, **query: object) -> httpx.Response:
        return self._http.post(path, json=body, params=query)

    def put(self, path: str, body: object) -> httpx.Response:
        return self._http.put(path, json=body)

    def patch(self, path: str, body: object, **query: object) -> httpx.Response:
        return self._http.patch(path, json=body, params=query)

    def delete(self, path: str) -> httpx.Response:
        return self._http.delete(path)

    def send(self, method: str, path: str, content: bytes) -> httpx.Response:
        return self._http.request(method, path, content=content, headers={"Content-Type": "application/json"})

    def batch(self, call: str, inputs: list[dict], kind: str = "contacts", **fields: object) -> httpx.Response:
        return self.post(f"{OBJECTS}/{kind}/batch/{call}", {"inputs": inputs, **fields})

    def create(self, kind: str, **properties: object) -> dict:
        answer = self.post(f"{OBJECTS}/{kind}", {"properties": properties})
        assert answer.status_code == 201, answer.text
        return answer.json()

    def search(self, kind: str, *filters: dict, **fields: object) -> httpx.Response:
        groups = {"filterGroups": [{"filters": list(filters)}]} if filters else {}
        return self.post(f"{OBJECTS}/{kind}/search", {**groups, **fields})

    def close(self) -> None:
        self._http.close()
