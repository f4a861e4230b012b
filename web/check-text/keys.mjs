/** From the English catalogue to the types of its keys and places: a wrong key or a missing place does not compile. */
import { placesOf } from './catalogues.mjs';

/** The text of src/text/keys.ts. */
export function typesOf(english) {
  const lines = Object.entries(english).map(([key, message]) => {
    const places = [...placesOf(message)].sort().map((name) => `'${name}'`);
    return `  '${key}': ${places.length === 0 ? 'never' : places.join(' | ')};`;
  });
  return `/** Made of catalogues/en.json by check-text/run.mjs, and not kept. The places of each message. */\nexport interface Places {\n${lines.join('\n')}\n}\nexport type Key = keyof Places;\n`;
}
