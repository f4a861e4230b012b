/** What of the page is loaded when it is first shown. Who only shares is not asked to wait for the rest. */
import style from './design/later.css?url';
import reading from './design/reading.css?url';
import { loadStyle, piece as bare, type Piece } from './later';
import { isAll, rest } from './text/language.svelte';

/** With its words and its looks. */
function piece<M>(name: string, from: () => Promise<M>): Piece<M> {
  const { here, load } = bare(name, from);
  return {
    here: () => (isAll() ? here() : undefined),
    async load() {
      const [module] = await Promise.all([load(), rest(), loadStyle(style)]);
      return module;
    },
  };
}

/** And with a style that nothing else needs. */
function styled<M>(more: string, { here, load }: Piece<M>): Piece<M> {
  return {
    here,
    async load() {
      const [module] = await Promise.all([load(), loadStyle(more)]);
      return module;
    },
  };
}

export const pieces = {
  qr: piece('Qr', () => import('./parts/Qr.svelte')),
  invite: piece('Invite', () => import('./make/Invite.svelte')),
  passphrase: piece('Passphrase', () => import('./make/Passphrase.svelte')),
  panicFields: piece('PanicFields', () => import('./make/PanicFields.svelte')),
  files: piece('Files', () => import('./make/Files.svelte')),
  sealed: piece('Sealed', () => import('./make/Sealed.svelte')),
  about: piece('Checking', () => import('./about/Checking.svelte')),
  sealedSeveral: piece('SealedSeveral', () => import('./make/SealedSeveral.svelte')),
  newPanic: piece('NewPanic', () => import('./panic/NewPanic.svelte')),
  ledger: piece('Ledger', () => import('./ledger/Ledger.svelte')),
  traces: piece('Traces', () => import('./traces/Traces.svelte')),
  open: styled(reading, piece('Open', () => import('./open/Open.svelte'))),
  receipts: piece('Receipts', () => import('./receipt/Receipts.svelte')),
  local: styled(reading, piece('Local', () => import('./local/Local'))),
};
