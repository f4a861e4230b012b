// Sections 4 and 7: deterministic CBOR.

import { be2i, decode, need } from './bytes.mjs';

// What is not in its shortest form is `verdict`. Numbers are BigInt.
export class Cbor {
  constructor(bytes, verdict) {
    Object.assign(this, { bytes, verdict, at: 0 });
  }
  take(len) {
    need(len <= this.bytes.length - this.at, this.verdict);
    return this.bytes.subarray(this.at, (this.at += Number(len)));
  }
  head(major) {
    const first = this.take(1)[0];
    const additional = first & 31;
    need(first >> 5 === major && additional <= 27, this.verdict);
    if (additional < 24) return BigInt(additional);
    const width = 1 << (additional - 24);
    const value = be2i(this.take(width));
    need(value >= (width === 1 ? 24n : 1n << BigInt(4 * width)), this.verdict);
    return value;
  }
  uint = () => this.head(0);
  blob = () => this.take(this.head(2));
  text = () => decode(this.take(this.head(3)), this.verdict);
  array = (read, least = 0n, most = 2n ** 64n, verdict = this.verdict) => {
    const count = this.head(4);
    need(count >= least && count <= most, verdict);
    return Array.from({ length: Math.min(Number(count), this.bytes.length + 1) }, () => read());
  };
  // `readers` holds [key, read] in ascending order; missing keys are undefined.
  map(...readers) {
    const fields = {};
    let [left, last] = [this.head(5), -1n];
    for (; left > 0n; left--) {
      const key = this.uint();
      const reader = readers.find(([known]) => known === key);
      need(reader && key > last, this.verdict);
      fields[(last = key)] = reader[1]();
    }
    return fields;
  }
  nullable = (read) => (this.bytes[this.at] === 0xf6 ? (this.take(1), null) : read());
  end = () => need(this.at === this.bytes.length, this.verdict);
}
