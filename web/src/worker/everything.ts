/** The file of the worker that does all that the page can do. */
import { initSync, run } from '../gen/dist/everything';
import { serve } from './serve';

serve({ begin: (module) => module !== undefined && initSync({ module }), run });
