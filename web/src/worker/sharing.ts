/** The file of the worker that shares, and no more: with less than half of the other's WebAssembly. */
import { initSync, run } from '../gen/dist/sharing';
import { serve } from './serve';

serve({ begin: (module) => module !== undefined && initSync({ module }), run });
