/**
 * Users across sources: one number per user of a shard for the time of a query.
 *
 * Each segment numbers its users by (h, id bytes) (ADR 0006). The tables are joined once; after that
 * every kernel works on *positions*: position `p` is the p-th user of the shard in that order, and
 * no id is touched again. A row without a user has the position that it would sort at, with
 * `noUser` set, so that a range of positions also splits the rows without a user.
 *
 * The join is a table of chains by the top bits of `h`. Every input is sorted by `h`, so each walks
 * the chains from front to back, and the chains in order are the users in order.
 */
import { compareBytes } from '../../../common/bytes/compare.ts'
import type { UserTable } from '../../storage/segment/contract.ts'
import { QueryMemory } from '../memory.ts'

/** Flag in a position: the row has no user. */
export const noUser = 0x80000000
export const positionMask = 0x7fffffff

export interface JoinedUsers {
  /** Number of users; positions are below it, but for rows without a user, which may reach it. */
  readonly count: number
  readonly tables: readonly JoinedTable[]
}

export interface JoinedTable {
  /** Position by ordinal; `undefined` when every ordinal is its own position. */
  readonly positions: Uint32Array | undefined
  /** Some of its rows have no user. */
  readonly userless: boolean
}

/** `memory`: where the positions and all else are taken from; the positions are its owner's to give back. */
export function joinUsers(tables: readonly UserTable[], memory: QueryMemory = new QueryMemory()): JoinedUsers {
  const userless = tables.map(hasUserless)
  const [only] = tables
  if (only === undefined) return { count: 0, tables: [] }
  if (tables.length === 1 && userless[0] === false) {
    return { count: only.count, tables: [{ positions: undefined, userless: false }] }
  }
  const chains = new Chains(tables, memory)
  const nodes = tables.map((table) => chains.add(table))
  const ranks = chains.ranks()
  const joined = tables.map((table, i) => {
    const positions = nodes[i]!
    for (let ordinal = 0; ordinal < positions.length; ordinal++) {
      if (positions[ordinal] !== noUser) positions[ordinal] = ranks[positions[ordinal]!]!
    }
    if (userless[i] === true) chains.placeUserless(table, positions)
    return { positions, userless: userless[i]! }
  })
  chains.release()
  return { count: chains.count, tables: joined }
}

function hasUserless({ idEnds, count }: UserTable): boolean {
  let before = 0
  for (let i = 0; i < count; i++) {
    if (idEnds[i] === before) return true
    before = idEnds[i]!
  }
  return false
}

class Chains {
  count = 0
  readonly #shift: number
  /** First node of a chain plus 1; 0: none. */
  readonly #heads: Uint32Array<ArrayBuffer>
  /** Per node: the next in its chain plus 1, its hash, and where its id ends. */
  #next = new Uint32Array(0)
  #hash = new Uint32Array(0)
  #idEnds = new Uint32Array(0)
  /** Ids of the nodes back to back. */
  #ids = new Uint8Array(0)
  #idView = new DataView(this.#ids.buffer)
  /** Words of each id, where the ids of all tables are whole words of one length (UUIDs are); else 0. */
  readonly #stride: number
  /** Ids of the nodes as words, where there is a stride. */
  #words = new Uint32Array(0)
  /** Hashes in order, and rank of each node, made by `ranks`. */
  #sorted = new Uint32Array(0)
  #ranks = new Uint32Array(0)
  readonly #memory: QueryMemory

  constructor(tables: readonly UserTable[], memory: QueryMemory) {
    this.#memory = memory
    const largest = tables.reduce((most, table) => Math.max(most, table.count), 1)
    // Several chains a user, so that nearly every chain is one user and its length is no surprise.
    const bits = Math.min(24, 35 - Math.clz32(largest))
    this.#shift = 32 - bits
    this.#heads = memory.u32(2 ** bits).fill(0)
    this.#stride = strideOf(tables)
  }

  /** Adds the users of a table and returns the node of each; `noUser` for rows without one. */
  add(table: UserTable): Uint32Array {
    this.#reserve(table.count, table.idBytes.length)
    if (this.#stride > 0) return this.#addStrided(table)
    const nodes = this.#memory.u32(table.count)
    const { hashes, idEnds, idBytes } = table
    const view = new DataView(idBytes.buffer, idBytes.byteOffset, idBytes.byteLength)
    const [heads, hash, next, shift] = [this.#heads, this.#hash, this.#next, this.#shift]
    let end = 0
    for (let i = 0; i < nodes.length; i++) {
      const start = end
      end = idEnds[i]!
      if (end === start) {
        nodes[i] = noUser
        continue
      }
      const h = hashes[i]!
      let last = 0
      let at = heads[h >>> shift]!
      let order = -1
      while (at !== 0 && hash[at - 1]! <= h) {
        order = hash[at - 1] === h ? this.#compare(view, { start, end }, at - 1) : 1
        if (order <= 0) break
        last = at
        at = next[at - 1]!
        order = -1
      }
      if (order !== 0) {
        const node = this.#addNode(h, idBytes, { start, end })
        next[node - 1] = at
        if (last === 0) heads[h >>> shift] = node
        else next[last - 1] = node
        at = node
      }
      nodes[i] = at - 1
    }
    return nodes
  }

  /** The same for ids of whole words: no ends to look up, and four bytes at a time. */
  #addStrided({ hashes, idBytes, count }: UserTable): Uint32Array {
    const nodes = this.#memory.u32(count)
    const stride = this.#stride
    const own = wordsOf(idBytes)
    const [heads, hash, next, words, shift] = [this.#heads, this.#hash, this.#next, this.#words, this.#shift]
    let nodeCount = this.count
    for (let i = 0; i < count; i++) {
      const h = hashes[i]!
      let last = 0
      let at = heads[h >>> shift]!
      let found = false
      while (at !== 0 && hash[at - 1]! <= h) {
        if (hash[at - 1] === h) {
          const from = (at - 1) * stride
          let k = 0
          while (k < stride && words[from + k] === own[i * stride + k]) k++
          found = k === stride
          if (found || compareWords(own[i * stride + k]!, words[from + k]!) < 0) break
        }
        last = at
        at = next[at - 1]!
      }
      if (!found) {
        const node = nodeCount++
        hash[node] = h
        for (let k = 0; k < stride; k++) words[node * stride + k] = own[i * stride + k]!
        next[node] = at
        at = node + 1
        if (last === 0) heads[h >>> shift] = at
        else next[last - 1] = at
      }
      nodes[i] = at - 1
    }
    this.count = nodeCount
    return nodes
  }

  /** Rank of each node in the order of all users. */
  ranks(): Uint32Array {
    const ranks = this.#memory.u32(this.count)
    this.#sorted = this.#memory.u32(this.count)
    this.#ranks = ranks
    const [heads, hash, next, sorted] = [this.#heads, this.#hash, this.#next, this.#sorted]
    let rank = 0
    for (let chain = 0; chain < heads.length; chain++) {
      for (let at = heads[chain]!; at !== 0; at = next[at - 1]!) {
        sorted[rank] = hash[at - 1]!
        ranks[at - 1] = rank++
      }
    }
    return ranks
  }

  /** The join is made: nodes and ranks are not used any more. */
  release(): void {
    for (const array of [this.#heads, this.#next, this.#hash, this.#idEnds, this.#words, this.#sorted, this.#ranks]) {
      this.#memory.give(array)
    }
  }

  /** Gives rows without a user the position that the empty id sorts at. */
  placeUserless({ hashes }: UserTable, positions: Uint32Array): void {
    let at = 0
    for (let i = 0; i < positions.length; i++) {
      if (positions[i] !== noUser) continue
      while (at < this.count && this.#sorted[at]! < hashes[i]!) at++
      positions[i] = (at | noUser) >>> 0
    }
  }

  /** Order of an id and the id of a node. */
  #compare(view: DataView, { start, end }: Range, node: number): number {
    const other = this.#idView
    const otherStart = node === 0 ? 0 : this.#idEnds[node - 1]!
    const otherLength = this.#idEnds[node]! - otherStart
    const length = end - start
    const common = Math.min(length, otherLength)
    let i = 0
    // Nearly always equal: four bytes at a time.
    while (i + 4 <= common && view.getUint32(start + i) === other.getUint32(otherStart + i)) i += 4
    for (; i < common; i++) {
      const order = view.getUint8(start + i) - other.getUint8(otherStart + i)
      if (order !== 0) return order
    }
    return length - otherLength
  }

  /** A node for the user, not in a chain yet; returns its number plus 1. */
  #addNode(hash: number, bytes: Uint8Array, { start, end }: Range): number {
    const node = this.count++
    const at = node === 0 ? 0 : this.#idEnds[node - 1]!
    for (let i = start; i < end; i++) this.#ids[at + i - start] = bytes[i]!
    this.#idEnds[node] = at + end - start
    this.#hash[node] = hash
    return node + 1
  }

  /** Makes room for `users` nodes with ids of `bytes` bytes in all. */
  #reserve(users: number, bytes: number): void {
    const wanted = this.count + users
    if (wanted > this.#next.length) {
      const length = Math.max(wanted, Math.ceil(this.#next.length * 1.5))
      this.#next = this.#grown(this.#next, length)
      this.#hash = this.#grown(this.#hash, length)
      this.#idEnds = this.#grown(this.#idEnds, length)
    }
    if (this.#stride > 0) {
      if (this.#words.length < this.#next.length * this.#stride) {
        this.#words = this.#grown(this.#words, this.#next.length * this.#stride)
      }
      return
    }
    const wantedBytes = (this.count === 0 ? 0 : this.#idEnds[this.count - 1]!) + bytes
    if (wantedBytes > this.#ids.length) {
      const ids = new Uint8Array(Math.max(wantedBytes, Math.ceil(this.#ids.length * 1.5)))
      ids.set(this.#ids)
      this.#ids = ids
      this.#idView = new DataView(ids.buffer)
    }
  }

  #grown(values: Uint32Array<ArrayBuffer>, length: number): Uint32Array<ArrayBuffer> {
    const larger = this.#memory.u32(length)
    larger.set(values)
    this.#memory.give(values)
    return larger
  }
}

/** Words of an id when all ids of the tables have one length of whole words, else 0. */
function strideOf(tables: readonly UserTable[]): number {
  const length = tables.find(({ count }) => count > 0)?.idEnds[0] ?? 0
  if (length % 4 !== 0) return 0
  for (const { count, idEnds } of tables) {
    for (let i = 0; i < count; i++) if (idEnds[i] !== (i + 1) * length) return 0
  }
  return length / 4
}

function wordsOf(bytes: Uint8Array): Uint32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes)
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length >>> 2)
}

/** Order of two different words by the bytes in memory, the first of which is the low one. */
function compareWords(a: number, b: number): number {
  const differing = a ^ b
  // The lowest byte in which they differ decides.
  const shift = (31 - Math.clz32(differing & -differing)) & 24
  return ((a >>> shift) & 0xff) - ((b >>> shift) & 0xff)
}

interface Range {
  readonly start: number
  readonly end: number
}

/** Order of two ids by bytes, where their hashes are equal. */
export function compareIds(table: UserTable, ordinal: number, other: { table: UserTable; ordinal: number }): number {
  const start = ordinal === 0 ? 0 : table.idEnds[ordinal - 1]!
  const otherStart = other.ordinal === 0 ? 0 : other.table.idEnds[other.ordinal - 1]!
  const own = table.idBytes.subarray(start, table.idEnds[ordinal])
  return compareBytes(own, other.table.idBytes.subarray(otherStart, other.table.idEnds[other.ordinal]))
}
