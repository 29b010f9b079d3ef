// What the clients were told, beside what the log holds.

/** Values are "PRODUCER PARTITION SEQUENCE"; a producer's sequences count from 0 in each partition. */
export class History {
  /** Per partition: the value at each offset, as it was read. */
  #logs = new Map();
  /** Acknowledged and not yet seen in the log. */
  #unchecked = [];
  /** Per producer and partition: the last sequence in the log, and the first offset of each. */
  #sequences = new Map();
  /** Per group and partition: the highest offset whose commit was acknowledged. */
  #commits = new Map();
  acknowledged = 0;
  commits = 0;
  duplicates = 0;

  /** Takes a line that a client printed. Throws for an error that it met. */
  take(line) {
    const [kind, name, partition, offset, sequence] = line.split(' ');
    if (kind === 'ack') {
      this.acknowledged++;
      this.#unchecked.push({
        name,
        partition: Number(partition),
        offset: Number(offset),
        sequence,
      });
    } else if (kind === 'commit') {
      this.commits++;
      const key = `${name} ${partition}`;
      this.#commits.set(key, Math.max(this.#commits.get(key) ?? 0, Number(offset)));
    } else if (kind === 'error') throw new Error(`a client met an error: ${line}`);
  }

  /** Where reading goes on. */
  nextOffset(partition) {
    return this.#log(partition).length;
  }

  #log(partition) {
    if (!this.#logs.has(partition)) this.#logs.set(partition, []);
    return this.#logs.get(partition);
  }

  /** Takes records that were read, `[offset, value]` from `nextOffset` on, or again from the start. */
  read(partition, records) {
    const log = this.#log(partition);
    for (const [offset, value] of records) {
      if (offset < log.length) {
        if (log[offset] === value) continue;
        throw new Error(
          `offset ${offset} of ${partition} was '${log[offset]}' and is now '${value}'`,
        );
      }
      if (offset !== log.length)
        throw new Error(`offset ${log.length} of ${partition} is missing, ${offset} comes next`);
      log.push(value);
      this.#checkOrder(partition, offset, value);
    }
  }

  #checkOrder(partition, offset, value) {
    const [name, at, text] = value.split(' ');
    const sequence = Number(text);
    if (Number(at) !== partition) throw new Error(`'${value}' is in partition ${partition}`);
    const key = `${name} ${partition}`;
    const last = this.#sequences.get(key) ?? -1;
    if (sequence === last + 1) {
      this.#sequences.set(key, sequence);
      return;
    }
    // A producer that is not idempotent may write again what got no answer, and then goes on in order.
    if (!name.endsWith('idempotent') && sequence <= last) {
      this.duplicates++;
      return;
    }
    throw new Error(`'${value}' at offset ${offset} of ${partition} comes after sequence ${last}`);
  }

  /** Every acknowledged record lies where its producer was told. */
  checkAcknowledged() {
    for (const { name, partition, offset, sequence } of this.#unchecked.splice(0)) {
      const found = this.#log(partition)[offset];
      const value = `${name} ${partition} ${sequence}`;
      if (found !== value) {
        throw new Error(
          `'${value}' was acknowledged at offset ${offset} of ${partition}, where '${found}' is`,
        );
      }
    }
  }

  /** No acknowledged commit is lost; `committed` answers a group's offset in a partition. */
  async checkCommits(committed) {
    for (const [key, offset] of this.#commits) {
      const [group, partition] = key.split(' ');
      const found = await committed(group, Number(partition));
      if (found < offset)
        throw new Error(`${group} had committed ${offset} of ${partition}, now it is ${found}`);
    }
  }

  get records() {
    let count = 0;
    for (const log of this.#logs.values()) count += log.length;
    return count;
  }
}
