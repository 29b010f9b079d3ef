import { eachVersion, inTurn, type Probe } from '../probe.ts';

/** Kafka's codes: a topic, by its literal name, READ, ALLOW. */
const TOPIC = 2;
const LITERAL = 3;
const READ = 3;
const ALLOW = 3;
const ANY = 1;

const HMAC = Buffer.from('luice');

export const securityProbes: readonly Probe[] = [
  {
    name: 'acls: without an authorizer',
    run: (asker) => {
      const acl = { principal: 'User:alice', host: '*', operation: READ, permissionType: ALLOW };
      const filter = {
        resourceNameFilter: null,
        principalFilter: null,
        hostFilter: null,
        operation: ANY,
        permissionType: ANY,
      };
      return eachVersion(0, 3, (version) =>
        inTurn({
          describe: () =>
            asker.ask('DescribeAcls', version, { resourceTypeFilter: ANY, ...filter }),
          create: () =>
            asker.ask('CreateAcls', version, {
              creations: [1, 2].map((number) => ({
                resourceType: TOPIC,
                resourceName: asker.name(`t${number}`),
                ...(version > 0 && { resourcePatternType: LITERAL }),
                ...acl,
              })),
            }),
          createNone: () => asker.ask('CreateAcls', version, { creations: [] }),
          remove: () =>
            asker.ask('DeleteAcls', version, {
              filters: [
                { resourceTypeFilter: ANY, ...filter },
                { resourceTypeFilter: TOPIC, ...filter },
              ],
            }),
          removeNone: () => asker.ask('DeleteAcls', version, { filters: [] }),
        }),
      );
    },
  },
  {
    name: 'delegation tokens: on a plaintext listener',
    run: (asker) =>
      eachVersion(0, 3, (version) =>
        inTurn({
          create: () =>
            asker.ask('CreateDelegationToken', version, {
              ...(version >= 3 && { ownerPrincipalType: null, ownerPrincipalName: null }),
              renewers: [{ principalType: 'User', principalName: 'alice' }],
              maxLifetimeMs: -1,
            }),
          ...(version >= 3 && {
            createForAnother: () =>
              asker.ask('CreateDelegationToken', version, {
                ownerPrincipalType: 'User',
                ownerPrincipalName: 'bob',
                renewers: [],
                maxLifetimeMs: -1,
              }),
          }),
          describe: () => asker.ask('DescribeDelegationToken', version, { owners: null }),
          describeOne: () =>
            asker.ask('DescribeDelegationToken', version, {
              owners: [{ principalType: 'User', principalName: 'alice' }],
            }),
          ...(version <= 2 && {
            renew: () =>
              asker.ask('RenewDelegationToken', version, { hmac: HMAC, renewPeriodMs: -1 }),
            expire: () =>
              asker.ask('ExpireDelegationToken', version, { hmac: HMAC, expiryTimePeriodMs: -1 }),
          }),
        }),
      ),
  },
  {
    name: 'quotas: of nobody',
    run: (asker) => {
      const ask = (
        version: number,
        ...components: { entityType: string; matchType: number; match: string | null }[]
      ) => asker.ask('DescribeClientQuotas', version, { components, strict: false });
      const of = (entityType: string, matchType: number, match: string | null = null) => ({
        entityType,
        matchType,
        match,
      });
      return eachVersion(0, 1, (version) =>
        inTurn({
          all: () => ask(version),
          exact: () => ask(version, of('user', 0, asker.name('u'))),
          ofDefault: () => ask(version, of('client-id', 1)),
          any: () => ask(version, of('user', 2), of('client-id', 2)),
          ip: () => ask(version, of('ip', 2)),
          ipAndUser: () => ask(version, of('ip', 2), of('user', 2)),
          twice: () => ask(version, of('user', 2), of('user', 2)),
          unknownType: () => ask(version, of('planet', 2)),
          emptyType: () => ask(version, of('', 2)),
          matchType9: () => ask(version, of('user', 9)),
          exactWithoutName: () => ask(version, of('user', 0)),
          defaultWithName: () => ask(version, of('user', 1, 'a')),
          anyWithName: () => ask(version, of('user', 2, 'a')),
        }),
      );
    },
  },
  {
    name: 'scram credentials: of nobody',
    run: (asker) => {
      const ask = (...names: string[]) =>
        asker.ask('DescribeUserScramCredentials', 0, { users: names.map((name) => ({ name })) });
      return inTurn({
        all: () => asker.ask('DescribeUserScramCredentials', 0, { users: null }),
        none: () => ask(),
        unknown: () => ask(asker.name('u'), asker.name('v')),
        twice: () => ask(asker.name('u'), asker.name('u')),
        empty: () => ask(''),
      });
    },
  },
];
