/** The list of topics as a start finds it in one of the log directories, before anything is changed. */
export interface ListOfTopics {
  /** Of its last change; ascends. */
  readonly version: number;
  /** Ids of the brokers that have a replica, by `<topic>-<partition>`; without topics that are being deleted. */
  assigned(): ReadonlyMap<string, readonly number[]>;
  has(topic: string): boolean;
  /** Undefined where there is no such topic, or none is known to have one. */
  topicId(topic: string): string | undefined;
}

/** Whoever keeps the list of topics; storage only minds where it lies, and that it is not one of before. */
export interface TopicListKeeper {
  /** Of these files the directory that has the list holds one at least. */
  readonly files: readonly string[];
  /** Changes nothing. What it throws ends the start, unless it is the disk's. */
  read(logDir: string): ListOfTopics;
  /** Of the list in use; undefined before it is open. */
  version(): number | undefined;
}
