/** A name that fits an id everywhere: lower-case ASCII letters, digits and dashes, at most 40 of them. */
export function slug(name: string): string {
  const kept = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-+|-+$/g, '')
  return kept === '' ? 'events' : kept
}
