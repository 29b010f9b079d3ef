/** A partition, by the name of its topic and its index. */
export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}
