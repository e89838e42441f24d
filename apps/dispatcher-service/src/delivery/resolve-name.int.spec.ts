import { rm, writeFile, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HostsFile } from './hosts-file.js';
import { NameResolver } from './resolve-name.js';

describe('the resolver of names', () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hosts-'));
    path = join(folder, 'hosts');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('takes names of the hosts file before all others, in any letter case, with all their addresses', async () => {
    await writeFile(
      path,
      '# mine\n192.0.2.7 Receiver.example other # two names\n2001:db8::7\treceiver.example\nnonsense receiver.example\n',
    );
    const resolver = new NameResolver(path);
    const addresses = [
      { address: '192.0.2.7', family: 4 },
      { address: '2001:db8::7', family: 6 },
    ];
    expect(await resolver.resolve('receiver.example')).toEqual({ addresses, ttlMs: 30_000 });
    expect((await resolver.resolve('receiver.example.')).addresses).toEqual(addresses);
    expect((await resolver.resolve('other')).addresses).toEqual([addresses[0]]);
    resolver.close();
  });

  it('asks the system for what neither the file nor DNS knows', async () => {
    const resolver = new NameResolver(join(folder, 'none'));
    expect((await resolver.resolve('localhost')).addresses.map(({ address }) => address)).toContain('127.0.0.1');
    resolver.close();
  });

  it('finds no address of a name that nobody knows, also when many are asked for at once', async () => {
    const resolver = new NameResolver(path);
    const asked = Array.from({ length: 20 }, (_, index) => resolver.resolve(`no-such-host-${index}.invalid`));
    const ends = await Promise.allSettled(asked);
    expect(ends.map(({ status }) => status)).toEqual(asked.map(() => 'rejected'));
    expect(await resolver.resolve('localhost')).toMatchObject({ ttlMs: 30_000 });
    resolver.close();
  });

  it('reads the hosts file again when it has changed, and does without one', async () => {
    const hosts = new HostsFile(path);
    expect(await hosts.find('a')).toEqual([]);
    await writeFile(path, '192.0.2.1 a\n');
    expect(await hosts.find('a')).toEqual([{ address: '192.0.2.1', family: 4 }]);
    await writeFile(path, '192.0.2.22 a\n');
    expect(await hosts.find('a')).toEqual([{ address: '192.0.2.22', family: 4 }]);
    await rm(path);
    expect(await hosts.find('a')).toEqual([]);
  });
});
