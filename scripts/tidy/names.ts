/**
 * Rule of references: a link of a page leads to a file, and a file that a comment names is there.
 *
 * A comment is read for years after the file that it points to was renamed. Does not: check what the other file says.
 */
import { posix } from 'node:path'
import { isTest, lineAt, type Tree, type Violation } from './tree.ts'

const link = /(?<!`[^`\n]*)\]\((?!\w+:|#)([^)#\s]+)/g
const comment = /^\s*(?:\/\*\*|\*|\/\/).*$/gm
/** What begins with a dot is an example of an import. */
const named = /`(\w[\w./-]*\.(?:ts|md))`/g

export function checkNames(tree: Tree): Violation[] {
  const paths = new Set(tree.texts.flatMap(({ path }) => [path, ...foldersOf(path)]))
  const links = tree.texts
    .filter(({ path }) => path.endsWith('.md'))
    .flatMap(({ path, text }) =>
      [...text.matchAll(link)].flatMap((match) => {
        const target = posix.join(posix.dirname(path), match[1]!)
        if (paths.has(target.replace(/\/$/, ''))) return []
        return [
          { path, line: lineAt(text, match.index), message: `link to ${target}, which does not exist: correct it` },
        ]
      }),
    )
  const names = tree.sources
    .filter(({ path }) => !isTest(path))
    .flatMap(({ path, text }) =>
      [...text.matchAll(comment)].flatMap((line) =>
        [...line[0].matchAll(named)].flatMap(([, name]) => {
          const around = ['.', ...foldersOf(path)]
          if (around.some((folder) => paths.has(posix.join(folder, name!)))) return []
          const message = `the comment names ${name}, found in no folder around this file: name what took its place`
          return [{ path, line: lineAt(text, line.index), message }]
        }),
      ),
    )
  return [...links, ...names]
}

/** The folder of a path and those around it, without the root. */
function foldersOf(path: string): string[] {
  const folder = posix.dirname(path)
  return folder === '.' ? [] : [folder, ...foldersOf(folder)]
}
