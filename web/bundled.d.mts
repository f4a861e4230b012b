export function packagesOf(ids: Iterable<string>): { readonly name: string; readonly folder: string | undefined }[];
export function unnamed(packages: Iterable<{ readonly name: string; readonly version: string }>, list: string): string[];
