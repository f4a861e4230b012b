// Uploads a file with tus-js-client: `node upload.mjs PLAN`, a JSON file of { endpoint, file, urls, token, metadata, chunk, duringCreation, retries }.
// `urls` is where the client keeps the URLs of its uploads: what it finds there for this file it goes on with.

import { createReadStream, readFileSync, statSync } from 'node:fs';
import { argv } from 'node:process';
import { FileUrlStorage, Upload } from 'tus-js-client';

const plan = JSON.parse(readFileSync(argv[2], 'utf8'));
const upload = new Upload(createReadStream(plan.file), {
  endpoint: plan.endpoint,
  uploadSize: statSync(plan.file).size,
  // A stream has to be cut into chunks; one of them may be all of it.
  chunkSize: plan.chunk,
  metadata: plan.metadata,
  headers: { Authorization: `Bearer ${plan.token}` },
  uploadDataDuringCreation: plan.duringCreation,
  retryDelays: Array(plan.retries).fill(100),
  urlStorage: new FileUrlStorage(plan.urls),
  fingerprint: async () => plan.file,
  onError: (error) => {
    console.error(String(error));
    process.exitCode = 1;
  },
  onSuccess: () => console.log('uploaded'),
});
const [before] = await upload.findPreviousUploads();
if (before) upload.resumeFromPreviousUpload(before);
upload.start();
