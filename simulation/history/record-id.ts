const PAD = 'the record is padded with a text that compresses well and differs in its length; ';

/** Keys of compacted topics come again and again. */
const KEYS = 7;

/** A record as its producer counts it, `<producer>#<number>`; its value and key follow from it. */
export function recordId(producer: string, number: number): string {
  return `${producer}#${number}`;
}

export function recordValue(id: string): string {
  const number = Number(id.slice(id.indexOf('#') + 1));
  return `${id}#${PAD.repeat(3).slice(0, (number * 7919) % 211)}`;
}

export function recordKey(id: string): string {
  return `key-${Number(id.slice(id.indexOf('#') + 1)) % KEYS}`;
}

/** Whose record a value claims to be, or undefined where nobody can have sent it. */
export function identify(value: string): { producer: string; number: number } | undefined {
  const [producer = '', number = ''] = value.split('#', 2);
  const id = recordId(producer, Number(number));
  return value === recordValue(id) ? { producer, number: Number(number) } : undefined;
}
