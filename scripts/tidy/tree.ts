/**
 * The project's files as the rules see them: every text file below a root, without what `.gitignore` names.
 *
 * Owns: reading, the masked code of a source, its imports. Does not: judge; each rule is a file beside this one.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { mask } from './mask.ts'

export interface Violation {
  /** Path below the root, `/`-separated. */
  readonly path: string
  /** From 1; 0 where the whole file is meant. */
  readonly line: number
  readonly message: string
}

export interface Import {
  /** As written: `./plan.ts`, `node:fs`, `zod`. `undefined`: computed, so that nobody can tell. */
  readonly specifier: string | undefined
  /** Path below the root of a relative import, whether it exists or not. */
  readonly target: string | undefined
  readonly line: number
}

export interface TextFile {
  readonly path: string
  readonly text: string
}

export interface Source extends TextFile {
  /** The text with comments and the inside of strings blanked, offsets kept: see `mask`. */
  readonly code: string
  /** Type-only, dynamic, re-exported, `import('x').T`, `require` and `new URL('x', import.meta.url)` count like any other. */
  readonly imports: readonly Import[]
}

export interface Tree {
  readonly texts: readonly TextFile[]
  /** The `.ts` and `.mjs` files among them. */
  readonly sources: readonly Source[]
}

const sourceName = /\.(ts|mts|mjs|js)$/

export function readTree(root: string): Tree {
  return treeOf(listFiles(root).map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') })))
}

/** Files that are not text are left out. */
export function treeOf(files: readonly TextFile[]): Tree {
  const texts = files.filter((file) => !file.text.includes('\0'))
  const sources = texts
    .filter((file) => sourceName.test(file.path))
    .map((file) => {
      const code = mask(file.text)
      return { ...file, code, imports: importsOf(file, code) }
    })
  return { texts, sources }
}

/** A test, or a file that only tests use (a `*-suite.ts` is run by several): it may touch the disk, but not sleep or roll dice. */
export function isTest(path: string): boolean {
  return /(?:\.test|-suite)\.ts$/.test(path) || path.startsWith('test/')
}

export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}

function listFiles(root: string): string[] {
  const ignored = ignoreRules(root)
  const found: string[] = []
  const visit = (folder: string) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = posix.join(folder, entry.name)
      if (entry.name === '.git' || ignored(path, entry.name)) continue
      if (entry.isDirectory()) visit(path)
      else if (entry.isFile()) found.push(path)
    }
  }
  visit('')
  return found.sort()
}

/** Understands the three shapes that our `.gitignore` uses: `name/`, `some/path/` and `*.ext`. */
function ignoreRules(root: string): (path: string, name: string) => boolean {
  const file = join(root, '.gitignore')
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []
  const folders = lines.filter((line) => line.endsWith('/')).map((line) => line.slice(0, -1))
  const endings = lines.filter((line) => line.startsWith('*.')).map((line) => line.slice(1))
  return (path, name) =>
    folders.some((folder) => (folder.includes('/') ? path === folder : name === folder)) ||
    endings.some((ending) => name.endsWith(ending))
}

// `from` needs no bracket (`Array.from('x')` is no import); `import` and `require` may have one.
const literal = /(?<![.\w])(?:from\s*|(?:import|require)\s*\(?\s*|new URL\(\s*)(['"`])/g
const computed = /(?<![.\w])(?:import|require)\s*\(\s*[^'"`\s]/g

function importsOf(file: TextFile, code: string): Import[] {
  const imports: Import[] = []
  for (const match of code.matchAll(literal)) {
    const start = match.index + match[0].length
    const end = code.indexOf(match[1]!, start)
    const specifier = file.text.slice(start, end)
    if (match[0].startsWith('new URL') && !specifier.startsWith('.')) continue
    const target = specifier.startsWith('.') ? posix.join(posix.dirname(file.path), specifier) : undefined
    imports.push({ specifier, target, line: lineAt(file.text, match.index) })
  }
  for (const match of code.matchAll(computed)) {
    imports.push({ specifier: undefined, target: undefined, line: lineAt(file.text, match.index) })
  }
  return imports
}
