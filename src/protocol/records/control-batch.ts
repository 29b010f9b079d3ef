/** The end of one producer's transaction in one partition. */
export interface EndTxnMarker {
  type: 'COMMIT' | 'ABORT';
  coordinatorEpoch: number;
}

export interface EndTxnMarkerOptions extends EndTxnMarker {
  producerId: number;
  producerEpoch: number;
  timestamp: number;
  /** Default 0. */
  baseOffset?: number;
  /** Default -1. */
  leaderEpoch?: number;
}

/** A control batch that holds the one marker. */
export function buildEndTxnMarker(_options: EndTxnMarkerOptions): Buffer {
  throw new Error('not yet');
}

/**
 * The marker in a control batch, or undefined where the batch is a control batch of another kind (or
 * not one). Throws CorruptRecordsError where its bytes are wrong.
 */
export function parseEndTxnMarker(_buffer: Buffer, _at = 0): EndTxnMarker | undefined {
  throw new Error('not yet');
}
