"""Makes most of schemathesis's requests be about pastes that are there, with the token that proves it; the rest stays as it was made up.

Without this nearly all answers would be the one 404 that is for everybody, and no schema but a problem's would ever be looked at.
"""

import atexit
import collections
import copy
import json
import os
import random

import schemathesis
from pastes import CONTENT, HALF, OCTETS, TUS, Document, Paste, bearer, text

dice = random.Random(int(os.environ["SATCHEL_SCHEMA_SEED"]))
PASTE = "/api/v1/pastes/{id}"
DOCUMENT = "/api/v1/documents/{id}"


def about(operation: str):
    """Something for this operation to be about: its id, the token, and what headers and body go with it."""
    method, path = operation.split(" ")
    upload = TUS | OCTETS | {"Upload-Offset": str(HALF)}
    if path.startswith(PASTE):
        unfinished = method in ("HEAD", "PATCH") or operation == f"POST {PASTE}"
        paste = Paste(HALF if unfinished else len(CONTENT))
        token = {"/probe": paste.probe, "/claim": paste.claim, "/content": paste.lease, "/confirm": paste.lease}
        rest = path.removeprefix(PASTE)
        if rest in ("/content", "/confirm"):
            paste.lend()
        headers = upload if unfinished else {}
        if operation == f"POST {PASTE}":
            headers = headers | {"X-HTTP-Method-Override": "PATCH"}
        if rest == "/claim":
            headers = paste.claiming()
        if rest == "/content" and dice.random() < 0.5:
            headers = {"Range": dice.choice(["bytes=0-9", "bytes=-5", "bytes=10-", "bytes=1000-"])}
        body = {"/policy": json.dumps({"reads_left": 1}).encode()}.get(rest, CONTENT[HALF:] if unfinished else None)
        return paste.id, token.get(rest, paste.receipt), headers, body
    unfinished = method in ("HEAD", "PATCH") or operation == f"POST {DOCUMENT}"
    document = Document(HALF if unfinished else len(CONTENT), linked=operation != f"POST {DOCUMENT}/links")
    headers = upload if unfinished else {}
    if operation == f"POST {DOCUMENT}":
        headers = headers | {"X-HTTP-Method-Override": "PATCH"}
    body = CONTENT[HALF:] if unfinished else None
    if path.endswith("/links"):
        body = json.dumps(Document.link()).encode()
    if path.endswith("/policy"):
        body = json.dumps({"expires_in": 7200}).encode()
    return document.id, document.owner, headers, body


def creating(path: str):
    """What creates something new."""
    made = copy.copy(Paste() if path.endswith("pastes") else Document(linked=False))
    made.id = os.urandom(16)
    return made.creation() | OCTETS, CONTENT


@schemathesis.auth(refresh_interval=None)
class Proof:
    """The id of something that is there, and its token."""

    def get(self, case, ctx):
        if case.operation.path == "/api/v1/panic" and dice.random() < 0.75:
            # Any secret will do: it may be one that nothing was made under.
            return None, os.urandom(32), {}, None
        real = "{id}" in case.operation.path and dice.random() < 0.75
        return about(f"{case.operation.method.upper()} {case.operation.path}") if real else None

    def set(self, case, data, ctx):
        if data is None:
            return
        id, token, headers, body = data
        if id is not None:
            case.path_parameters = dict(case.path_parameters or {}) | {"id": text(id)}
        if "number" in (case.path_parameters or {}) and dice.random() < 0.8:
            case.path_parameters["number"] = 1
        case.headers["Authorization"] = bearer(token)
        complete(case, headers, body)


def complete(case, headers, body):
    """Half of the requests are as they should be; in the others a header or two stays what was made up."""
    right = dice.random() < 0.5
    for name, value in headers.items():
        if right or dice.random() < 0.7:
            case.headers[name] = value
    if right:
        for name in ("Upload-Checksum", "Satchel-Invite", "Satchel-Work", "Transfer-Encoding", "Content-Length"):
            case.headers.pop(name, None)
    if body is not None and (right or dice.random() < 0.5):
        case.media_type = "application/json" if body.startswith(b"{") else OCTETS["Content-Type"]
        case.headers["Content-Type"] = case.media_type
        case.body = json.loads(body) if body.startswith(b"{") else body


@schemathesis.hook
def before_call(ctx, case, kwargs):
    path = case.operation.path
    if case.operation.method.upper() == "POST" and path.endswith(("/pastes", "/documents")) and dice.random() < 0.75:
        complete(case, *creating(path))


@schemathesis.serializer(OCTETS["Content-Type"])
def octets(ctx, value):
    return value if isinstance(value, bytes) else str(value).encode()


ANSWERS = collections.Counter()


@schemathesis.hook
def after_call(ctx, case, response):
    ANSWERS[f"{case.operation.method.upper()} {case.operation.path} {response.status_code}"] += 1


@atexit.register
def tell():
    with open(os.environ["SATCHEL_SCHEMA_ANSWERS"], "w", encoding="utf-8") as file:
        json.dump(ANSWERS, file)
