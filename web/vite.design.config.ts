/** The page of the look, for who changes it: design/, with the very styles of the page. It is never part of dist/. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: at('design'),
  base: './',
  publicDir: false,
  build: { target: 'es2022', outDir: at('../target/design'), emptyOutDir: true, assetsInlineLimit: 0 },
  server: { host: '127.0.0.1', strictPort: false, fs: { allow: [at('.')] } },
});
