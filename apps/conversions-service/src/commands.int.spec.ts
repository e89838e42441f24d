import { encodeEvent, type ChangeStatus, type ConversionStatus, type RecordConversion } from '@ringback/contracts';
import { HeldClock } from '@ringback/testbed';
import { ConversionsUnderTest } from './testing/conversions-under-test.js';
import { holds } from './testing/holds.js';

const envelope = { specversion: '1.0', source: '/crm', time: '2026-03-01T10:00:00Z' } as const;

function recordCommand(id: string, transactionId: string, difference: Partial<RecordConversion['data']> = {}): RecordConversion {
  const data = { offerId: 1, affiliateId: 1, status: 'pending', transactionId, ...difference } as const;
  return { ...envelope, id, type: 'RecordConversion', data };
}

function changeCommand(id: string, transactionId: string, status: ConversionStatus): ChangeStatus {
  return { ...envelope, id, type: 'ChangeStatus', data: { offerId: 1, transactionId, status } };
}

describe('the intake of conversions.commands', () => {
  const clock = new HeldClock();
  let service: ConversionsUnderTest;

  beforeAll(async () => {
    service = await ConversionsUnderTest.start({ instances: 2, now: clock.now });
    await service.configuration.affiliate(1);
    await service.configuration.offer(1);
    await service.configuration.offer(2, { status: 'archived' });
  });
  afterAll(() => service.stop());

  const eventsOf = (transactionId: string) => service.events.filter(({ data }) => data.conversion.transactionId === transactionId);
  const statusesOf = (transactionId: string) => eventsOf(transactionId).map(({ data }) => data.conversion.status);
  const rejectionsOf = (commandId: string) => service.rejections.filter(({ data }) => data.commandId === commandId);
  let markers = 0;
  /** Resolves when everything published before it was worked: the topic has one partition. */
  const worked = async () => {
    const marker = `marker-${++markers}`;
    await service.command(recordCommand(marker, marker));
    await holds(() => expect(eventsOf(marker)).toHaveLength(1));
  };

  it('records a conversion and changes its status, each with its event', async () => {
    await service.command(recordCommand('a-1', 't-a', { payout: '1.00', currency: 'EUR' }), changeCommand('a-2', 't-a', 'done'));
    await holds(() => expect(statusesOf('t-a')).toEqual(['pending', 'done']));
    const [created, changed] = eventsOf('t-a');
    expect(created).toMatchObject({ type: 'ConversionCreated', data: { revision: service.configuration.revision } });
    expect(changed).toMatchObject({
      type: 'StatusChanged',
      data: { previousStatus: 'pending', conversion: { version: 2, payout: '1.00' } },
    });
  });

  it('ten identical commands, and the same over HTTP at once: one conversion, one event', async () => {
    const command = recordCommand('b-1', 't-b');
    const [answer] = await Promise.all([
      service.call('POST', '/v1/conversions', command.data),
      service.command(...Array.from({ length: 10 }, () => command)),
    ]);
    expect([200, 201]).toContain(answer.status);
    await worked();
    expect(eventsOf('t-b')).toHaveLength(1);
    expect(eventsOf('t-b')[0]!.data.conversion.id).toBe(answer.body.id);
    expect(rejectionsOf('b-1')).toEqual([]);
  });

  it('the same source and id with another body is refused, naming the field', async () => {
    await service.command(recordCommand('c-1', 't-c'), recordCommand('c-1', 't-c', { status: 'done' }));
    await holds(() => expect(rejectionsOf('c-1')).toHaveLength(1));
    expect(rejectionsOf('c-1')[0]).toMatchObject({
      type: 'CommandRejected',
      data: { commandSource: '/crm', commandType: 'RecordConversion', offerId: 1, transactionId: 't-c', errors: [{ path: 'status' }] },
    });
    await service.command(
      changeCommand('c-2', 't-c', 'done'),
      changeCommand('c-2', 't-c', 'done'),
      changeCommand('c-2', 't-c', 'rejected'),
    );
    await holds(() => expect(rejectionsOf('c-2')).toMatchObject([{ data: { errors: [{ path: 'status' }] } }]));
    expect(statusesOf('t-c')).toEqual(['pending', 'done']);
  });

  it.each<[string, RecordConversion, string]>([
    ['an unknown offer', recordCommand('d-1', 't-d', { offerId: 99 }), 'offerId'],
    ['an unknown affiliate', recordCommand('d-2', 't-d', { affiliateId: 99 }), 'affiliateId'],
    ['rule 6: an archived offer', recordCommand('d-3', 't-d', { offerId: 2 }), 'offerId'],
    ['another body for a taken transaction', recordCommand('d-4', 't-a', { payout: '2.00', currency: 'EUR' }), 'payout'],
  ])('refuses %s on its own topic', async (_, command, path) => {
    await service.command(command);
    await holds(() => expect(rejectionsOf(command.id)).toMatchObject([{ data: { errors: [{ path }] } }]));
  });

  it('an offer made a moment ago takes a command at once', async () => {
    await service.configuration.offer(77);
    await service.command(recordCommand('e-1', 't-e', { offerId: 77 }));
    await holds(() => expect(eventsOf('t-e')).toHaveLength(1));
  });

  it('what cannot be read goes to the dead letters with its reason, and the partition goes on', async () => {
    const good = recordCommand('f-1', 't-f');
    const value = encodeEvent(good);
    await service.publishRaw([
      { key: '1:t-f', value: Buffer.from('{"type":') },
      { key: '1:t-f', value: Buffer.from('{"type":"Refund\\u0000"}') },
      { key: '1:t-f', value: value.subarray(0, 50) },
      { key: '1:t-f', value: null },
      { key: '1:other', value },
      { key: '1:t-f', value: Buffer.from([0xff, 0xfe, 0x00]) },
      { key: '1:t-f', value: Buffer.from(JSON.stringify({ ...good, data: { ...good.data, colour: 1 } })) },
      { key: '1:t-f', value },
    ]);
    await holds(() => expect(eventsOf('t-f')).toHaveLength(1));
    const letters = await service.rows<{ reason: string; value: Buffer | null }>(
      'select reason, value from conversions.dead_letter where topic like $1 order by message_offset',
      ['%conversions.commands'],
    );
    expect(letters.map(({ reason }) => reason.slice(0, 24))).toEqual([
      expect.stringMatching(/^unreadable: not JSON/),
      expect.stringMatching(/^unreadable: unknown even/),
      expect.stringMatching(/^unreadable: not JSON/),
      'unreadable: no value',
      expect.stringMatching(/^key-mismatch/),
      expect.stringMatching(/^unreadable: not JSON/),
      expect.stringMatching(/^unreadable: /),
    ]);
    expect(letters[0]!.value!.toString()).toBe('{"type":');
  });

  describe('a ChangeStatus for an unknown transaction', () => {
    it('holds nobody up, and is applied in order as soon as the conversion arrives over Kafka', async () => {
      await service.command(
        changeCommand('g-1', 't-g', 'done'),
        changeCommand('g-2', 't-g', 'rejected'),
        changeCommand('g-2', 't-g', 'rejected'),
      );
      await worked();
      await service.command(recordCommand('g-0', 't-g'), changeCommand('g-3', 't-g', 'pending'));
      await holds(() => expect(statusesOf('t-g')).toEqual(['pending', 'done', 'rejected', 'pending']));
      expect(await service.rows('select from conversions.waiting_command where transaction_id = $1', ['t-g'])).toEqual([]);
    });

    it('is applied as soon as the conversion arrives over HTTP, and holds its key from then on', async () => {
      await service.command(changeCommand('h-1', 't-h', 'done'));
      await worked();
      const answer = await service.call('POST', '/v1/conversions', { offerId: 1, affiliateId: 1, status: 'pending', transactionId: 't-h' });
      expect(answer).toMatchObject({ status: 201, body: { status: 'done', version: 2 } });
      await service.command(changeCommand('h-1', 't-h', 'done'));
      await worked();
      expect(statusesOf('t-h')).toEqual(['pending', 'done']);
    });

    it('is refused after 60 s', async () => {
      await service.command(changeCommand('i-1', 't-i', 'done'));
      await worked();
      clock.advance(59_000);
      await service.command(changeCommand('i-2', 't-i', 'rejected'));
      await worked();
      expect(rejectionsOf('i-1')).toEqual([]);
      clock.advance(1_000);
      await holds(() => expect(rejectionsOf('i-1')).toMatchObject([{ data: { errors: [{ path: 'transactionId' }] } }]));
      expect(rejectionsOf('i-2')).toEqual([]);
      await service.command(recordCommand('i-0', 't-i'));
      await holds(() => expect(statusesOf('t-i')).toEqual(['pending', 'rejected']));
    });

    it('that was stored while its conversion was being recorded is found and applied', async () => {
      await service.call('POST', '/v1/conversions', { offerId: 1, affiliateId: 1, status: 'pending', transactionId: 't-j' });
      await service.pool.query(
        `insert into conversions.waiting_command (source, command_id, offer_id, transaction_id, status, expires_at)
         values ('/crm', 'j-1', 1, 't-j', 'done', $1)`,
        [new Date(clock.now() + 60_000)],
      );
      // Later ones keep behind it: it goes first.
      await service.command(changeCommand('j-2', 't-j', 'rejected'));
      await holds(() => expect(statusesOf('t-j')).toEqual(['pending', 'done', 'rejected']));
    });
  });

  it('a command stored while its conversion was being recorded is found also when nothing else comes for it', async () => {
    await service.call('POST', '/v1/conversions', { offerId: 1, affiliateId: 1, status: 'pending', transactionId: 't-l' });
    await service.pool.query(
      `insert into conversions.waiting_command (source, command_id, offer_id, transaction_id, status, expires_at)
       values ('/crm', 'l-1', 1, 't-l', 'done', $1)`,
      [new Date(clock.now() + 60_000)],
    );
    // As its own storing would have: another one that waits wakes whoever looks after them.
    await service.command(changeCommand('l-2', 't-nobody', 'done'));
    await holds(() => expect(statusesOf('t-l')).toEqual(['pending', 'done']));
  });

  it('records 3,000 commands once each while an instance joins and another leaves', async () => {
    const commands = Array.from({ length: 3_000 }, (_, index) => recordCommand(`k-${index}`, `t-k-${index}`));
    for (let at = 0; at < commands.length; at += 500) await service.command(...commands.slice(at, at + 500));
    await service.addInstance();
    await service.lives.shift()!.stop();
    service.urls.shift();
    await holds(async () => {
      const [row] = await service.rows<{ count: number }>(
        `select count(*)::int from conversions.conversion where transaction_id like 't-k-%'`,
      );
      expect(row!.count).toBe(3_000);
    }, 30_000);
    await holds(
      () => expect(service.events.filter(({ data }) => data.conversion.transactionId!.startsWith('t-k-'))).toHaveLength(3_000),
      30_000,
    );
  });
});
