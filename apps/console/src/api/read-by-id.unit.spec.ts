import { readById } from './read-by-id.js';

describe('reading by id', () => {
  const asked: string[] = [];
  const read = readById(async (ids) => {
    asked.push(ids);
    return {
      items: ids
        .split(',')
        .map((id) => ({ id: Number(id), name: `name of ${id}` }))
        .filter(({ id }) => id !== 404)
        .toReversed(),
    };
  });
  beforeEach(() => void asked.splice(0));

  it('asks once for all that are wanted at the same time, and gives each its own', async () => {
    const names = await Promise.all([7, 8, 9].map(async (id) => (await read(id)).name));
    expect(names).toEqual(['name of 7', 'name of 8', 'name of 9']);
    expect(asked).toEqual(['7,8,9']);
  });

  it('says of one that is not there that it is not, and spoils none of the others', async () => {
    const [missing, there] = await Promise.allSettled([read(404), read(8)]);
    expect(missing).toMatchObject({ status: 'rejected', reason: { status: 404 } });
    expect(there).toMatchObject({ status: 'fulfilled', value: { id: 8 } });
  });

  it('asks for no more at once than the API takes, and again for what was asked before', async () => {
    await Promise.all(Array.from({ length: 201 }, (_, index) => read(index + 1_000)));
    expect(asked.map((ids) => ids.split(',').length)).toEqual([200, 1]);
    await read(1_000);
    expect(asked).toHaveLength(3);
  });
});
