export * from './consumer-protocol.ts';
export * from './group-metadata.ts';
export * from './offset-commit.ts';
export * from './producer-snapshot.ts';
export * from './transaction-log.ts';
