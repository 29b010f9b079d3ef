/**
 * The elements of an array that are made one by one while a message is encoded: of a long answer only the bytes
 * are ever there. An element may be asked for more than once.
 */
export interface LazyArray<Element> {
  readonly length: number;
  at(index: number): Element;
}

/** `list` as something else, element by element. */
export function lazily<From, To>(
  list: { readonly length: number; readonly [index: number]: From },
  make: (each: From, index: number) => To,
): LazyArray<To> {
  return { length: list.length, at: (index) => make(list[index]!, index) };
}

/** As {@link lazily}, of a list that is itself made on demand. */
export function lazilyOf<From, To>(
  list: LazyArray<From>,
  make: (each: From, index: number) => To,
): LazyArray<To> {
  return { length: list.length, at: (index) => make(list.at(index), index) };
}

/** Nothing. */
export const NO_ELEMENTS: LazyArray<never> = {
  length: 0,
  at(): never {
    throw new RangeError('there are no elements');
  },
};

/** All elements, made now. */
export function arrayOf<Element>(list: LazyArray<Element>): Element[] {
  return Array.from({ length: list.length }, (_, index) => list.at(index));
}

/** The elements of each, one list after the other. */
export function joined<First, Second>(
  first: LazyArray<First>,
  second: LazyArray<Second>,
): LazyArray<First | Second> {
  return {
    length: first.length + second.length,
    at: (index) => (index < first.length ? first.at(index) : second.at(index - first.length)),
  };
}

/** What the elements of an array's input are, whichever of the two forms it may have. */
export type ElementOf<Input> = Input extends readonly (infer Element)[]
  ? Element
  : Input extends LazyArray<infer Element>
    ? Element
    : never;
