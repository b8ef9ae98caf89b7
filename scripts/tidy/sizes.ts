/** Rules of shape: no file over 500 lines, no grab-bag names; functions over 70 lines are advice, since a table may be long. */
import { posix } from 'node:path'
import { isTest, type Tree, type Violation } from './tree.ts'

export const linesMax = 500
export const functionLinesMax = 70
const grabBags = /^(utils?|helpers?|misc|common|shared|lib)$/

export function checkSizes(tree: Tree): Violation[] {
  const violations: Violation[] = []
  for (const { path, text } of tree.sources) {
    const lines = text.trimEnd().split('\n').length
    if (lines > linesMax) {
      violations.push({
        path,
        line: 0,
        message: `${lines} lines, at most ${linesMax}: it says more than one thing; split it by noun`,
      })
    }
    const [name, ...folders] = path.split('/').reverse()
    // The top-level folder `common` is the zone of that name; anything deeper is a grab bag.
    const bag = [posix.basename(name!, posix.extname(name!)), ...folders.slice(0, -1)].find((part) =>
      grabBags.test(part),
    )
    if (bag !== undefined) {
      violations.push({
        path,
        line: 0,
        message: `"${bag}" names a grab bag: a file says one thing and its name is the noun`,
      })
    }
  }
  return violations
}

/** Long functions of formatted code, tests left out: a block ends at the line that closes it at the indentation it began with. */
export function adviseFunctions(tree: Tree): Violation[] {
  const advice: Violation[] = []
  const opens =
    /^( *)(?:(?:export |default |async |static |private |public |protected |override |get |set )*(?:function\b|constructor\b|[#\w]+\*?[(<])|.*=>).*\{$|^( *)(?:export )?(?:async )?function\b.*\($/
  const control = /^ *(?:\} )?(?:if|for|while|switch|catch|else|do|try|return)\b/
  for (const { path, code } of tree.sources) {
    if (isTest(path)) continue
    const lines = code.split('\n')
    lines.forEach((line, start) => {
      const match = opens.exec(line.trimEnd())
      if (match === null || control.test(line)) return
      const closing = `${match[1] ?? match[2] ?? ''}}`
      const length = lines.slice(start + 1).findIndex((later) => later.startsWith(closing)) + 2
      if (length > functionLinesMax) {
        advice.push({ path, line: start + 1, message: `a function of ${length} lines, aim below ${functionLinesMax}` })
      }
    })
  }
  return advice
}
