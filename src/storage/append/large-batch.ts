/**
 * A larger batch is checked and written in pieces of this, one a turn of the event loop: the checksum of
 * a piece takes a fifth of a millisecond, its write up to some milliseconds, and other clients wait meanwhile.
 */
export const LARGE_BATCH_BYTES = 1280 * 1024;
