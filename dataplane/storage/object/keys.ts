/**
 * Keys of objects: the one grammar that every store accepts.
 *
 * A key is folders, then a name: `manifests/s0/9007199254740990.manifest`. Folder names have no dot
 * and object names have at least one, so that a store that keeps keys in folders can tell the two
 * apart by name alone, and no object can stand where a folder is needed. Names that begin with a dot
 * are left to stores for their own use (temporary files).
 *
 * Does not: know which objects exist.
 */
import { assert, bug } from '../../../common/errors/errors.ts'

const key = /^(?:[A-Za-z0-9_-]+\/)*[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+$/
const prefix = /^(?:[A-Za-z0-9_-]+\/)*[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]*)*$/

/** The strictest of the supported stores: 1,024 bytes for a key, 255 for a name. */
const keyBytesMax = 1024
const nameBytesMax = 255

/** Throws `BugError` when `text` is not a key: keys are made by this program, never by users. */
export function checkKey(text: string): void {
  if (!key.test(text)) bug(`object key ${JSON.stringify(text)}: want folder/…/name.kind of [A-Za-z0-9_-]`)
  assert(text.length <= keyBytesMax, `object key of ${text.length} bytes, at most ${keyBytesMax}: ${text}`)
  const longest = Math.max(...text.split('/').map((name) => name.length))
  assert(longest <= nameBytesMax, `object key with a name of ${longest} bytes, at most ${nameBytesMax}: ${text}`)
}

/** Throws `BugError` when no key can begin with `text`. */
export function checkPrefix(text: string): void {
  if (!prefix.test(text)) bug(`prefix ${JSON.stringify(text)}: no object key begins like this`)
}

/** True for the name of an object, false for a folder's or one that a store keeps for itself. */
export function isObjectName(name: string): boolean {
  return name.includes('.') && !name.startsWith('.')
}
