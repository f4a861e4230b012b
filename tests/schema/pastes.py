"""Pastes and documents that are really there, for schemathesis to ask about: their tokens, and what a request about them has to carry."""

import base64
import hashlib
import json
import os
import urllib.request

SERVER = os.environ["SATCHEL_SCHEMA_SERVER"]
TUS = {"Tus-Resumable": "1.0.0"}
OCTETS = {"Content-Type": "application/offset+octet-stream"}
CONTENT = b"not a container, but the server cannot tell"
HALF = len(CONTENT) // 2


def text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def proven(token: bytes) -> str:
    return text(hashlib.sha256(token).digest())


def bearer(token: bytes) -> str:
    return f"Bearer {text(token)}"


def metadata(pairs: dict) -> str:
    return ",".join(f"{key} {base64.b64encode(str(value).encode()).decode()}" for key, value in pairs.items())


def ask(method: str, path: str, headers: dict, body: bytes | None = None) -> bytes:
    request = urllib.request.Request(SERVER + path, data=body, headers=headers, method=method)
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.read()


class Paste:
    """Of one read; `sent` bytes of it are there."""

    def __init__(self, sent: int = len(CONTENT)):
        self.id = os.urandom(16)
        self.probe, self.claim, self.receipt, self.lease = (os.urandom(32) for _ in range(4))
        ask("POST", "/api/v1/pastes", self.creation() | OCTETS, CONTENT[:sent])

    def creation(self) -> dict:
        tokens = {"probe": proven(self.probe), "claim": proven(self.claim), "receipt": proven(self.receipt)}
        policy = {"expires_in": 3600, "reads": 2}
        return TUS | {"Upload-Length": str(len(CONTENT)), "Upload-Metadata": metadata({"id": text(self.id)} | tokens | policy)}

    def claiming(self) -> dict:
        return {"Satchel-Probe": text(self.probe), "Satchel-Lease": text(self.lease)}

    def lend(self) -> "Paste":
        headers = self.claiming() | {"Authorization": bearer(self.claim)}
        ask("POST", f"/api/v1/pastes/{text(self.id)}/claim", headers, b"")
        return self


class Document:
    """A payload with one link."""

    def __init__(self, sent: int = len(CONTENT), linked: bool = True):
        self.id, self.owner = os.urandom(16), os.urandom(32)
        ask("POST", "/api/v1/documents", self.creation() | OCTETS, CONTENT[:sent])
        if linked and sent == len(CONTENT):
            headers = {"Authorization": bearer(self.owner), "Content-Type": "application/json"}
            ask("POST", f"/api/v1/documents/{text(self.id)}/links", headers, json.dumps(self.link()).encode())

    def creation(self) -> dict:
        pairs = {"id": text(self.id), "owner": proven(self.owner), "head": text(os.urandom(100))}
        return TUS | {"Upload-Length": str(len(CONTENT)), "Upload-Metadata": metadata(pairs)}

    @staticmethod
    def link() -> dict:
        id, probe, claim, head = os.urandom(16), os.urandom(32), os.urandom(32), os.urandom(300)
        link = {"id": text(id), "probe": proven(probe), "claim": proven(claim), "head": text(head)}
        return {"links": [link | {"expires_in": 3600, "reads": 1}]}
