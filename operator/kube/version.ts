/**
 * Order of resourceVersions: decimal numbers without leading zeros, which Kubernetes allows to compare within one kind since 1.35 (KEP-5504)
 * and etcd made so before. They may pass 2^53.
 */

/** Negative: `a` is older. */
export function compareVersions(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length
  return a < b ? -1 : a > b ? 1 : 0
}

export function newerVersion(a: string, b: string): string {
  return compareVersions(a, b) >= 0 ? a : b
}
