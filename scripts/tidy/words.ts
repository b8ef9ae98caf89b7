/** Rules of text: no work left in the code without a page that says so, no path of somebody's machine, no registry in the lock file. */
import { lineAt, type Tree, type Violation } from './tree.ts'

const leftOver = /\b(?:TO{1}DO|FIX{1}ME|HA{1}CK)\b/g
const page = /docs\/(?:gaps|adr)\/[\w-]+\.md/
const machinePath = /(?<![\w.~$}-])\/(?:work|tmp|root|home\/\w+|Users\/\w+)\/[\w.-]*|\b[A-Z]:\\{1,2}Users\b/g
const outside = /\.\.\/shared\b/g
const registry = /"resolved": "https?:/g

export function checkWords(tree: Tree): Violation[] {
  return tree.texts.flatMap(({ path, text }) => {
    const found = (pattern: RegExp, message: (word: string, line: string) => string | undefined) =>
      [...text.matchAll(pattern)].flatMap((match) => {
        const line = lineAt(text, match.index)
        const says = message(match[0], text.split('\n')[line - 1]!)
        return says === undefined ? [] : [{ path, line, message: says }]
      })
    if (path.endsWith('package-lock.json')) {
      return found(
        registry,
        () => 'the lock file names a registry: keep omit-lockfile-registry-resolved=true in .npmrc and write it anew',
      )
    }
    return [
      ...found(leftOver, (word, line) => {
        const named = page.exec(line)?.[0]
        if (named !== undefined && tree.texts.some((file) => file.path === named)) return undefined
        return named === undefined
          ? `${word} without a page: finish it, or write it up in docs/gaps or docs/adr and name that page on the line`
          : `${word} names ${named}, which does not exist`
      }),
      ...found(machinePath, (word) => `${word} is a path of one machine: take it from the system or from a parameter`),
      ...(path === '.ci/run'
        ? []
        : found(
            outside,
            () => 'a folder outside the repository: only .ci/run may look there, and passes it on in ANABRANCH_DATA',
          )),
    ]
  })
}
