import { brokerKey } from './broker-key.ts';
import { type ConfigTexts, canonicalText } from './key.ts';

/** What does not happen although a key asks for it, where somebody may rely on it. */
const GUARDS: readonly (readonly [names: RegExp, consequence: string])[] = [
  [
    /^(authorizer\.class\.name|super\.users|allow\.everyone\.if\.no\.acl\.found|principal\.builder\.class)$/,
    'whoever reaches a listener may do everything',
  ],
  [
    /^(sasl\.|delegation\.token\.|connections\.max\.reauth\.ms$|connection\.failed\.authentication\.)/,
    'nobody has to log in',
  ],
  [/^(ssl\.|security\.providers$)/, 'nothing is encrypted, and nobody is asked for a certificate'],
  [/^zookeeper\.(ssl\.|set\.acl$)/, 'nothing that goes to ZooKeeper is protected'],
  [/^password\.encoder\./, 'passwords that are set at run time are stored as they are'],
  [
    /^((client|controller|replication|alter\.log\.dirs\.replication)\.)?quota\.|^(leader|follower)\.replication\.throttled\.rate$|^replica\.alter\.log\.dirs\.io\.max|^max\.connection\.creation\.rate$/,
    'nobody is slowed down or refused for it',
  ],
  [/\.policy\.(class\.name|kraft\.compatibility\.enable)$/, 'no request is checked by a policy'],
];

const LISTENER_PREFIXES = /^listener\.name\.[^.]+\.(?:(?:[^.]+)\.(?=sasl\.|ssl\.))?/;

/**
 * A sentence for each key that is set in order to protect something and does not yet do so. What says the
 * default says nothing.
 */
export function guardsWithoutEffect(texts: ConfigTexts): ReadonlyMap<string, string> {
  const sentences = new Map<string, string>();
  for (const [name, text] of Object.entries(texts)) {
    const key = brokerKey(name);
    if (key?.effect === 'used') continue;
    const consequence = consequenceOf(name.replace(LISTENER_PREFIXES, ''));
    if (consequence === undefined || text.trim() === '') continue;
    if (key && canonicalText(key, text) === key.default) continue;
    const shown = key === undefined || key.type === 'password' ? '' : ` = ${text.trim()}`;
    sentences.set(name, `${name}${shown} has no effect in this version: ${consequence}`);
  }
  return sentences;
}

function consequenceOf(name: string): string | undefined {
  return GUARDS.find(([names]) => names.test(name))?.[1];
}
