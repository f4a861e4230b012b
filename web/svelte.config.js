/** Runes everywhere; styles always as files, because the page's policy allows no others. */
export default { compilerOptions: { runes: true, css: 'external' } };
