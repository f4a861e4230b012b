export function lendArgon2id(tell?: (percent: number) => void): void;
