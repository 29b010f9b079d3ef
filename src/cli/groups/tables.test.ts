// If this breaks, the tables of groups show another lag, member or state than there is.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  deletedOffsetsTable,
  groupTable,
  kindTable,
  memberTable,
  offsetTable,
  resetCsv,
  resetTable,
  stateTable,
} from './tables.ts';

// If these break, scripts that read `consumer-groups` read something else. The lines are those of
// Kafka's own tool.

const at = (topic: string, partition: number) => ({ topic, partition });

test('offsets, with and without a member, a commit, a topic that is there', () => {
  const row = {
    group: 'g',
    ...at('log', 0),
    leaderEpoch: undefined,
    consumerId: undefined,
    host: undefined,
    clientId: undefined,
  };
  const rows = [
    { ...row, offset: 7, logEndOffset: 10, leaderEpoch: 3 },
    {
      ...row,
      partition: 1,
      offset: undefined,
      logEndOffset: 10,
      consumerId: 'a-long-consumer-id',
      host: '/127.0.0.1',
      clientId: 'c',
    },
    { ...row, topic: 'gone', offset: 7, logEndOffset: undefined },
  ];
  assert.equal(
    offsetTable(rows, false),
    `
GROUP           TOPIC           PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG             CONSUMER-ID        HOST            CLIENT-ID
g               log             0          7               10              3               -                  -               -
g               log             1          -               10              -               a-long-consumer-id /127.0.0.1      c
g               gone            0          7               -               -               -                  -               -
`,
  );
  assert.match(
    offsetTable(rows, true),
    /PARTITION {2}LEADER-EPOCH {4}CURRENT-OFFSET .*\ng {15}log {13}0 {10}3 {15}7 {15}10 /,
  );
});

const MEMBER = {
  group: 'g',
  consumerId: 'id-1',
  groupInstanceId: '',
  host: '/127.0.0.1',
  clientId: 'c',
  assignment: [at('b', 1), at('a', 10), at('a', 2)],
};

test('members, with their partitions when asked, and static ids when there are any', () => {
  assert.equal(
    memberTable([MEMBER], false),
    `
GROUP           CONSUMER-ID     HOST            CLIENT-ID       #PARTITIONS     
g               id-1            /127.0.0.1      c               3               
`,
  );
  assert.match(
    memberTable([MEMBER], true),
    /#PARTITIONS {5}CURRENT-EPOCH {3}CURRENT-ASSIGNMENT {3}TARGET-EPOCH {4}TARGET-ASSIGNMENT {3}\n.* 3 {15}- {15}a:2,10;b:1 {11}- {15}- {19}\n$/,
  );
  assert.match(memberTable([{ ...MEMBER, assignment: [] }], true), / 0 {15}- {15}- {20}- /);
  assert.match(
    memberTable([{ ...MEMBER, groupInstanceId: 'i' }], false),
    /CONSUMER-ID {5}GROUP-INSTANCE-ID HOST/,
  );
});

test('the state of a group', () => {
  const group = {
    groupId: 'g',
    coordinator: { id: 1, host: '127.0.0.1', port: 19392 },
    assignor: 'range',
    state: 'Stable',
    memberCount: 2,
  };
  assert.equal(
    stateTable(group, false),
    `
GROUP           COORDINATOR (ID)          ASSIGNMENT-STRATEGY  STATE                #MEMBERS
g               127.0.0.1:19392  (1)      range                Stable               2
`,
  );
  assert.equal(
    stateTable({ ...group, assignor: '', state: 'Empty', memberCount: 0 }, true),
    `
GROUP           COORDINATOR (ID)          ASSIGNMENT-STRATEGY  STATE                GROUP-EPOCH     TARGET-ASSIGNMENT-EPOCH   #MEMBERS
g               127.0.0.1:19392  (1)      -                    Empty                -               -                         0
`,
  );
});

test('groups with the columns that were asked for', () => {
  const groups = [{ groupId: 'g1', type: 'classic', state: 'Empty' }];
  assert.equal(
    groupTable(groups, { type: true, state: true }),
    'GROUP                     TYPE                 STATE               \n' +
      'g1                        Classic              Empty               \n',
  );
  assert.doesNotMatch(groupTable(groups, { type: false, state: true }), /TYPE/);
});

test('groups of all kinds', () => {
  assert.equal(
    kindTable([
      { groupId: 'connect', type: 'classic', protocolType: 'connect' },
      { groupId: 'old', type: '', protocolType: '' },
    ]),
    `GROUP                TYPE                 PROTOCOL            
connect              Classic              connect              
old                                                            
`,
  );
});

test('a reset, as a table and as CSV', () => {
  const plan = new Map([
    [
      'g',
      [
        { ...at('a', 0), offset: 5 },
        { ...at('a,b', 1), offset: 6 },
      ],
    ],
  ]);
  assert.equal(
    resetTable(plan),
    `
GROUP           TOPIC           PARTITION  NEW-OFFSET
g               a               0          5
g               a,b             1          6
`,
  );
  assert.equal(resetCsv(plan, true), 'a,0,5\n"a,b",1,6\n');
  assert.equal(resetCsv(plan, false), 'g,a,0,5\ng,"a,b",1,6\n');
  assert.equal(resetTable(new Map()), '\n');
});

test('deleted offsets', () => {
  assert.equal(
    deletedOffsetsTable([
      { ...at('a', 0), status: 'Successful' },
      { ...at('b', -1), status: 'Error: x' },
    ]),
    `
TOPIC           PARTITION  STATUS         
a               0          Successful     
b               -          Error: x       
`,
  );
});
