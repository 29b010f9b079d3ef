export type {
  DefaultValue,
  Field,
  FieldOptions,
  Fields,
  InputOf,
  PrimitiveKind,
  ValueOf,
} from './fields.ts';
export {
  array,
  bool,
  bytes,
  errorText,
  exactInt64,
  float64,
  int8,
  int16,
  int32,
  int64,
  records,
  string,
  struct,
  uint16,
  uint32,
  uuid,
} from './fields.ts';
export {
  arrayOf,
  type ElementOf,
  joined,
  type LazyArray,
  lazily,
  lazilyOf,
  NO_ELEMENTS,
} from './lazy-array.ts';
export type {
  MessageDeclaration,
  MessageInput,
  MessageOf,
  MessageSchema,
  MessageType,
} from './message.ts';
export { fullName, message } from './message.ts';
