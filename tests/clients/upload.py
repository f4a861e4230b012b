"""Uploads a file with tuspy: `python upload.py PLAN`, the plan of upload.mjs."""

import json
import sys

from tusclient import client
from tusclient.storage import filestorage

with open(sys.argv[1], encoding="utf-8") as file:
    plan = json.load(file)
mine = client.TusClient(plan["endpoint"], headers={"Authorization": f"Bearer {plan['token']}"})
mine.uploader(
    plan["file"],
    chunk_size=plan["chunk"],
    metadata=plan["metadata"],
    retries=plan["retries"],
    retry_delay=0.1,
    store_url=True,
    url_storage=filestorage.FileStorage(plan["urls"]),
).upload()
print("uploaded")
