/** The file of the worker where the browser runs no WebAssembly: all that the page can do, as JavaScript. */
import { begin, run } from '../gen/dist/translated';
import { lendArgon2id } from './argon2id.js';
import { serve, tellDerived } from './serve';

lendArgon2id(tellDerived);
serve({ begin, run });
