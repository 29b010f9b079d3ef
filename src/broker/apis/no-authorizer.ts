import { errorCode } from '../../protocol/errors.ts';

/** What becomes of every question about ACLs: taking one that nobody holds to would be a lie. */
export const NO_AUTHORIZER = {
  errorCode: errorCode('SECURITY_DISABLED'),
  errorMessage: 'This broker has no authorizer: everybody may do everything.',
};
