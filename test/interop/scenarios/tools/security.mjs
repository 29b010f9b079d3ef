// The tools of security and quotas, as a broker in its default configuration answers them: without an
// authorizer, without a key for delegation tokens.

const acl = (topic) => ['--allow-principal', 'User:alice', '--operation', 'Read', '--topic', topic];

export const securitySteps = [
  { name: 'kafka-acls --list', because: 'there is no authorizer', args: () => ['--list'] },
  {
    name: 'kafka-acls --list --topic',
    because: 'there is no authorizer',
    args: ({ topic }) => ['--list', '--topic', topic],
  },
  {
    name: 'kafka-acls --add',
    because: 'there is no authorizer',
    args: ({ topic }) => ['--add', ...acl(topic)],
  },
  {
    name: 'kafka-acls --remove',
    because: 'there is no authorizer',
    args: ({ topic }) => ['--remove', '--force', ...acl(topic)],
  },
  {
    name: 'kafka-delegation-tokens --create',
    because: 'tokens need a login',
    args: ({ emptyConfig }) => [
      ...['--create', '--max-life-time-period', '-1', '--command-config', emptyConfig],
      ...['--renewer-principal', 'User:alice'],
    ],
  },
  {
    name: 'kafka-delegation-tokens --describe',
    because: 'tokens need a login',
    args: ({ emptyConfig }) => ['--describe', '--command-config', emptyConfig],
  },
  {
    name: 'kafka-delegation-tokens --renew',
    because: 'tokens need a login',
    args: ({ emptyConfig }) => [
      ...['--renew', '--renew-time-period', '-1', '--command-config', emptyConfig],
      ...['--hmac', 'bHVpY2U='],
    ],
  },
  {
    name: 'kafka-delegation-tokens --expire',
    because: 'tokens need a login',
    args: ({ emptyConfig }) => [
      ...['--expire', '--expiry-time-period', '-1', '--command-config', emptyConfig],
      ...['--hmac', 'bHVpY2U='],
    ],
  },
  {
    name: 'kafka-configs --describe (all users)',
    args: () => ['--entity-type', 'users', '--describe'],
  },
  {
    name: 'kafka-configs --describe (user)',
    args: () => ['--entity-type', 'users', '--entity-name', 'alice', '--describe'],
  },
  {
    name: 'kafka-configs --describe (all clients)',
    args: () => ['--entity-type', 'clients', '--describe'],
  },
  {
    name: 'kafka-configs --describe (client)',
    args: () => ['--entity-type', 'clients', '--entity-name', 'app', '--describe'],
  },
  {
    name: 'kafka-configs --describe (user and client)',
    args: () => [
      ...['--entity-type', 'users', '--entity-name', 'alice'],
      ...['--entity-type', 'clients', '--entity-name', 'app', '--describe'],
    ],
  },
  {
    name: 'kafka-configs --describe (all ips)',
    args: () => ['--entity-type', 'ips', '--describe'],
    from: 3,
  },
  {
    name: 'kafka-configs --alter (client quota)',
    args: () => [
      ...['--entity-type', 'clients', '--entity-name', 'app', '--alter'],
      ...['--add-config', 'producer_byte_rate=1000000'],
    ],
    gap: 'quotas are not enforced, so none is taken: AlterClientQuotas is not offered',
  },
  {
    name: 'kafka-configs --alter (SCRAM credential)',
    args: () => [
      ...['--entity-type', 'users', '--entity-name', 'alice', '--alter'],
      ...['--add-config', 'SCRAM-SHA-256=[iterations=4096,password=secret]'],
    ],
    gap: 'nobody logs in with a password yet: AlterUserScramCredentials is not offered',
  },
];
