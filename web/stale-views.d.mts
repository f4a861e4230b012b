interface Place {
  readonly start: number;
  readonly end: number;
}
export function staleUses(code: string): { readonly place: Place; readonly write: boolean }[];
