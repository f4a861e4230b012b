/** What was made sure of in src/gen/dist/translated.js (translate.mjs) still holds once it was made small: no view of memory is used that may be stale. */
import type { Plugin } from 'vite';
import { staleUses } from './stale-views.mjs';

export function freshViews(): Plugin {
  return {
    name: 'satchel-fresh-views',
    apply: 'build',
    generateBundle(_options, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type !== 'chunk' || file.name !== 'translated') continue;
        const [stale] = staleUses(file.code);
        if (stale !== undefined) this.error(`${file.fileName} uses a stale view: ${file.code.slice(stale.place.start, stale.place.end)}`);
      }
    },
  };
}
