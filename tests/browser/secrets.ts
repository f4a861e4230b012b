/** What opens a paste, in every form in which it might turn up where it must not be. */
export interface Form {
  readonly name: string;
  readonly bytes: Buffer;
}

/** The fragment of a link or receipt, as it is written and as the bytes that it stands for. */
export function formsOf(address: string): Form[] {
  const fragment = address.split('#')[1] ?? '';
  const raw = Buffer.from(fragment, 'base64url');
  // Version and flags before, checksum behind: what is between opens.
  const secret = raw.subarray(1, -2);
  return [
    { name: 'the fragment', bytes: Buffer.from(fragment) },
    { name: 'the fragment in UTF-16', bytes: Buffer.from(fragment, 'utf16le') },
    { name: 'the fragment as plain base64', bytes: Buffer.from(fragment.replaceAll('-', '+').replaceAll('_', '/')) },
    { name: 'the secret as bytes', bytes: secret },
    { name: 'the secret as hex', bytes: Buffer.from(secret.toString('hex')) },
    { name: 'the secret as base64url', bytes: Buffer.from(secret.toString('base64url')) },
  ];
}

export function textForms(name: string, text: string): Form[] {
  return [
    { name, bytes: Buffer.from(text) },
    { name: `${name} in UTF-16`, bytes: Buffer.from(text, 'utf16le') },
    { name: `${name}, escaped`, bytes: Buffer.from(encodeURIComponent(text)) },
    { name: `${name} as base64`, bytes: Buffer.from(Buffer.from(text).toString('base64').replace(/=+$/, '')) },
  ];
}

/** The forms that `bytes` hold. */
export function within(bytes: Buffer, forms: readonly Form[]): string[] {
  return forms.filter((form) => bytes.includes(form.bytes)).map(({ name }) => name);
}
