/**
 * The bytes of a log record, version 1 (ADR 0007). Integers are little-endian.
 *
 *     header
 *       0  magic        u32   'ABRC'
 *       4  version      u8    1
 *       5  kind         u8    1 events, 2 control
 *       6  flags        u16   0
 *       8  header bytes u32   this header with its directory and checksum
 *      12  record bytes u32   all of it
 *      16  generation   u32
 *      20  partition    u32
 *      24  rows         u32
 *      28  min position u32
 *      32  max position u32
 *      36  blocks       u32
 *      40  directory: per block, in the byte order of project ids
 *            project        LEB128 length, UTF-8
 *            spread         u8    placement version (k)
 *            encoding       u8    0 raw, 1 zstd
 *            min position   u32
 *            max position   u32
 *            rows           u32
 *            raw bytes      u32
 *            stored bytes   u32
 *            crc32          u32   of the stored bytes
 *          crc32 of the header before it   u32
 *     blocks, back to back, to the end of the record
 *
 *     raw block
 *       body bytes   u32
 *       body
 *         event names  count LEB128 · lengths
 *         users        count LEB128 · lengths · h (u32 each)
 *         event        ints: index of a name per row
 *         user         ints: index of a user per row
 *         time         numbers, ms
 *         insert ids   ints: form per row · 16 bytes per row of a UUID form · lengths of the escapes
 *         properties   count LEB128 · per property:
 *           name       length
 *           presence   u8: 0 every row · 1 count LEB128, ints: row numbers · 2 bitmap, a bit a row
 *           values     strings count LEB128, lengths ·
 *                      others count LEB128, per other: its index LEB128, canonical bytes with LEB128 length
 *           code       ints: 1 a number, 2 + index of a value (strings fill the indexes that others leave)
 *           numbers    numbers, one per code 1; absent when there is none
 *       text         UTF-8 to the end of the block: all strings of the body, back to back
 *
 *     lengths   LEB128 each, in UTF-16 units of the decoded text: the text of a block is decoded
 *               in one call and cut, which is several times faster than a call per string
 *     ints      width u8 (0, 1, 2 or 4) · width 0: the one value LEB128 · else the values, width bytes each
 *     numbers   kind u8 · 0: f64 each · 1 (integers in a range below 2^32): smallest zigzag, ints of the differences
 *
 * Row `i` of a record is row `i` of its blocks laid end to end. Readers of any version may rely on
 * the first 12 bytes and on the checksum at the end of the header; what they do not know (version,
 * kind, flag, encoding) they refuse, since a record that is skipped is events that are lost.
 *
 * Control records (erasures, retention floors, fences) have their place: kind 2, no blocks, then
 *
 *     control kind u16 · payload bytes u32 · payload · crc32 of all that follows the header u32
 *
 * This build knows no control kind, so it refuses every one.
 */
export const recordMagic = 0x43524241
export const recordVersion = 1

export const eventsKind = 1
export const controlKind = 2

export const rawEncoding = 0
export const zstdEncoding = 1

/** Bytes of the header before the directory. */
export const fixedHeaderBytes = 40
/** Bytes of a directory entry without its project id and length. */
export const entryFixedBytes = 26

/** Rows of a record, at most; ingest closes a record long before. */
export const recordRowsMax = 262_144
/** Bytes of a block before compression, at most. */
export const blockRawBytesMax = 256 * 1024 * 1024
/** Property values of a record per row on average, at most; more than validation lets in. */
export const valuesPerRowMax = 1024

export const presentInAll = 0
export const presentInList = 1
export const presentInBitmap = 2

export const doublesKind = 0
export const integersKind = 1
