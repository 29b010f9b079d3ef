/** Who a client is, as ACLs name it: `User:alice` is of the type `User`. */
export interface Principal {
  readonly type: string;
  readonly name: string;
}

/** Whoever did not have to say who it is. */
export const ANONYMOUS: Principal = { type: 'User', name: 'ANONYMOUS' };
