"""schemathesis on the OpenAPI document that the server serves: `python run.py SATCHEL_SERVER`. Exit code 1 where something is wrong.

No server error, no answer that the document does not know, and each operation answered with success at least once: else its schema was
never looked at. The control is a document that lies twice, which has to be found out.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request

HERE = pathlib.Path(__file__).parent
PROGRAM = pathlib.Path(sys.executable).parent / "schemathesis"
LONG = "SATCHEL_LONG" in os.environ
EXAMPLES = 150 if LONG else 20
DOCUMENT = "/api/v1/openapi.json"
RECEIPT = "/api/v1/pastes/{id}/receipt"


def serve(data: str) -> tuple[subprocess.Popen, str]:
    options = ["serve", "--listen", "127.0.0.1:0", "--uploads-per-minute", "0", "--work", "off", "--data", data]
    server = subprocess.Popen([sys.argv[1], *options], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return server, re.search(r"http://[\d.:]+", server.stdout.readline())[0]


class Desk:
    """Where schemathesis runs: what it leaves behind goes with it."""

    def __init__(self, folder: str, url: str):
        self.folder, self.url = pathlib.Path(folder), url
        self.answers = self.folder / "answers.json"
        for name in ("schemathesis.toml", "hooks.py", "pastes.py"):
            shutil.copy(HERE / name, self.folder)

    def keep(self, document: dict) -> str:
        path = self.folder / "openapi.json"
        path.write_text(json.dumps(document))
        return str(path)

    def run(self, *arguments: str) -> tuple[int, str]:
        seed = os.environ.get("SATCHEL_SEED", "1")
        mine = {"SATCHEL_SCHEMA_SERVER": self.url, "SATCHEL_SCHEMA_SEED": seed, "SATCHEL_SCHEMA_ANSWERS": str(self.answers)}
        found = subprocess.run(
            [PROGRAM, "run", *arguments, "--seed", seed, "--no-color"],
            cwd=self.folder,
            env=os.environ | mine | {"PYTHONPATH": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return found.returncode, found.stdout


def is_true(desk: Desk, document: dict) -> None:
    # From a file: asked for by its address, schemathesis leaves out the operation that serves it.
    ended, said = desk.run(desk.keep(document), "--url", desk.url, "--max-examples", str(EXAMPLES))
    if ended != 0:
        print(said)
    assert ended == 0, f"schemathesis ended with {ended}"
    counts = json.loads(desk.answers.read_text())
    by_status = [(operation.rsplit(" ", 1), count) for operation, count in counts.items()]
    requests = sum(counts.values())
    assert not [operation for (operation, status), _ in by_status if status.startswith("5")], "a server error"
    good = {operation for (operation, status), _ in by_status if status.startswith("2")}
    methods = {"get", "head", "post", "put", "patch", "delete", "options"}
    all_of_it = {f"{method.upper()} {path}" for path, of in document["paths"].items() for method in of if method in methods}
    assert all_of_it and not all_of_it - good, f"never answered with success: {sorted(all_of_it - good)}"
    assert requests >= EXAMPLES * 10, f"{requests} requests are too few"
    succeeded = sum(count for (_, status), count in by_status if status.startswith("2"))
    print(
        f"figure: requests that schemathesis made up for the {len(all_of_it)} operations of the OpenAPI document, "
        f"with a server error or an answer that it does not know: 0 of {requests} ({succeeded} succeeded)"
    )


def lie_is_found(desk: Desk, document: dict) -> None:
    del document["paths"][RECEIPT]["get"]["responses"]["404"]
    document["components"]["schemas"]["Config"]["properties"]["version"] = {"type": "integer"}
    ended, said = desk.run(
        desk.keep(document), "--url", desk.url, "--max-examples", "10", "--include-path", RECEIPT, "--include-path", "/api/v1/config"
    )
    found = "Undocumented status code" in said and "Response violates schema" in said
    if not found:
        print(said)
    assert ended == 1 and found, "a document that lies was taken as true"


def main() -> int:
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="satchel-schema-") as folder:
        server, url = serve(f"{folder}/data")
        try:
            with urllib.request.urlopen(url + DOCUMENT, timeout=20) as answer:
                document = json.load(answer)
            desk = Desk(f"{folder}", url)
            for check in (is_true, lie_is_found):
                try:
                    check(desk, document)
                    passed += 1
                    print(f"ok    {check.__name__}")
                except AssertionError as error:
                    failed += 1
                    print(f"FAIL  {check.__name__}: {error}")
        finally:
            server.terminate()
            if server.wait() != 0:
                failed += 1
                print("FAIL  the server did not stop cleanly")
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed or not passed else 0


sys.exit(main())
