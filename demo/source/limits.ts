/** What one request of the demo carries: as many events as `/import` takes, in fewer bytes than it takes. */
export const linesMax = 2_000
export const lineBytesMax = 4 * 1024 * 1024
/** A file without a line break for so long has no lines. */
export const unbrokenBytesMax = 16 * 1024 * 1024
