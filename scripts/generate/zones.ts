/** The list of zones in CONTRIBUTING.md: one line a zone, from `scripts/zones.json`. The rest of the page is written by hand. */

const [open, close] = ['<!-- zones -->\n', '<!-- /zones -->']

/** The page with its list written anew. Throws when it has no place for it. */
export function withZones(page: string, zones: Readonly<Record<string, readonly string[]>>): string {
  const [start, end] = [page.indexOf(open), page.indexOf(close)]
  if (start === -1 || end < start) throw new Error(`CONTRIBUTING.md: want a line ${open.trim()} and below it ${close}`)
  const lines = Object.entries(zones)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([zone, imports]) => `| \`${zone}\` | ${imports.length === 0 ? 'nothing' : imports.join(', ')} |`)
  const list = ['| zone | may import |', '|---|---|', ...lines, ''].join('\n')
  return `${page.slice(0, start + open.length)}${list}${page.slice(end)}`
}
