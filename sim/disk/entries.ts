/**
 * The names of a simulated disk: folders, and which file each entry names, cached and durable.
 *
 * Creating, linking, renaming and removing change the cached entries at once; they become durable
 * when their folder is synced. A power cut keeps any subset of the changes since then, each of them
 * whole: a rename never leaves both names or none of two that existed.
 */
import type { SeededRandom } from '../random.ts'
import { Inode, type Survival } from './inode.ts'

type Node = Inode | Folder

class Folder {
  readonly cached = new Map<string, Node>()
  readonly durable = new Map<string, Node>()
}

/** One entry set (`node`) or removed (`undefined`); a rename is one change of two. */
type Change = readonly { readonly folder: Folder; readonly name: string; readonly node: Node | undefined }[]

export class Entries {
  #root = new Folder()
  #pending: Change[] = []

  /** Names in a folder, or `undefined` when it does not exist. */
  list(path: string): string[] | undefined {
    const folder = this.#folder(path)
    return folder && [...folder.cached.keys()]
  }

  file(path: string): Inode | undefined {
    const { folder, name } = this.#locate(path)
    const node = folder?.cached.get(name)
    return node instanceof Inode ? node : undefined
  }

  exists(path: string): boolean {
    const { folder, name } = this.#locate(path)
    return folder?.cached.has(name) ?? false
  }

  hasFolder(path: string): boolean {
    return this.#folder(path) !== undefined
  }

  /** Makes the folder and its parents. False when a file is in the way. */
  makeFolder(path: string): boolean {
    let folder = this.#root
    for (const name of split(path)) {
      const node = folder.cached.get(name) ?? new Folder()
      if (node instanceof Inode) return false
      if (!folder.cached.has(name)) this.#apply([{ folder, name, node }])
      folder = node
    }
    return true
  }

  set(path: string, inode: Inode): void {
    this.#apply([this.#change(path, inode)])
  }

  remove(path: string): void {
    this.#apply([this.#change(path, undefined)])
  }

  rename(from: string, to: string): void {
    const inode = this.file(from)
    this.#apply([this.#change(from, undefined), this.#change(to, inode)])
  }

  syncFolder(path: string): void {
    const folder = this.#folder(path)
    const done = this.#pending.filter((change) => change.some((part) => part.folder === folder))
    for (const change of done) persist(change)
    this.#pending = this.#pending.filter((change) => !done.includes(change))
  }

  /** Files, each once. */
  files(): Set<Inode> {
    const files = new Set<Inode>()
    const visit = (folder: Folder) => {
      for (const node of folder.cached.values()) {
        if (node instanceof Inode) files.add(node)
        else visit(node)
      }
    }
    visit(this.#root)
    return files
  }

  afterPowerCut(survival: Survival, random: SeededRandom): Entries {
    const kept = this.#pending.filter(() => survival === 'all' || (survival === 'some' && random.chance(0.5)))
    const names = new Map<Folder, Map<string, Node>>()
    for (const change of kept) {
      for (const { folder, name, node } of change) {
        const entries = remember(names, folder, () => new Map(folder.durable))
        if (node === undefined) entries.delete(name)
        else entries.set(name, node)
      }
    }
    const inodes = new Map<Inode, Inode>()
    const survivor = (node: Node): Node => {
      if (node instanceof Inode) return remember(inodes, node, () => node.afterPowerCut(survival, random))
      const folder = new Folder()
      for (const [name, child] of names.get(node) ?? node.durable) {
        const made = survivor(child)
        folder.cached.set(name, made)
        folder.durable.set(name, made)
      }
      return folder
    }
    const after = new Entries()
    after.#root = survivor(this.#root) as Folder
    return after
  }

  afterProcessCrash(): Entries {
    const after = new Entries()
    const inodes = new Map<Inode, Inode>()
    const folders = new Map<Folder, Folder>()
    const copyNode = (node: Node): Node => {
      if (node instanceof Inode) return remember(inodes, node, () => node.afterProcessCrash())
      const known = folders.get(node)
      if (known !== undefined) return known
      const folder = new Folder()
      folders.set(node, folder)
      for (const [name, child] of node.cached) folder.cached.set(name, copyNode(child))
      for (const [name, child] of node.durable) folder.durable.set(name, copyNode(child))
      return folder
    }
    after.#root = copyNode(this.#root) as Folder
    after.#pending = this.#pending.map((change) =>
      change.map(({ folder, name, node }) => ({
        folder: copyNode(folder) as Folder,
        name,
        node: node && copyNode(node),
      })),
    )
    return after
  }

  #folder(path: string): Folder | undefined {
    let folder = this.#root
    for (const name of split(path)) {
      const node = folder.cached.get(name)
      if (!(node instanceof Folder)) return undefined
      folder = node
    }
    return folder
  }

  #locate(path: string): { folder: Folder | undefined; name: string } {
    const parts = split(path)
    return { folder: this.#folder(parts.slice(0, -1).join('/')), name: parts[parts.length - 1] ?? '' }
  }

  #change(path: string, node: Node | undefined): Change[number] {
    const { folder, name } = this.#locate(path)
    return { folder: folder!, name, node }
  }

  #apply(change: Change): void {
    for (const { folder, name, node } of change) {
      if (node === undefined) folder.cached.delete(name)
      else folder.cached.set(name, node)
    }
    this.#pending.push(change)
  }
}

function persist(change: Change): void {
  for (const { folder, name, node } of change) {
    if (node === undefined) folder.durable.delete(name)
    else folder.durable.set(name, node)
  }
}

function remember<Key, Made>(known: Map<Key, Made>, key: Key, make: () => Made): Made {
  const made = known.get(key) ?? make()
  known.set(key, made)
  return made
}

function split(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.')
}
