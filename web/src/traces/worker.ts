/** Looks at files away from the page, which stands still for none of them, however large. Ends after the files that it was asked about. */
import type { SourceFile } from '../vault';
import { lookAt } from './look';

self.onmessage = ({ data }: MessageEvent<SourceFile>): void => {
  lookAt(data).then(
    (look) => self.postMessage(look),
    () => self.postMessage({ state: 'unread' }),
  );
};
