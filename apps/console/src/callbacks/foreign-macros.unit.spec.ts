import { convertForeignUrl } from './foreign-macros.js';

/** What the likeliest platform makes of a URL. */
const best = (url: string) => convertForeignUrl(url)[0];

describe('a URL of another platform', () => {
  it.each([
    [
      'Affise',
      'https://t.example/p?cid={clickid}&sum={sum}&g={goal}&s={sub3}',
      'https://t.example/p?cid={click_id}&sum={payout}&g={goal_name}&s={sub3}',
    ],
    [
      'Everflow',
      'https://t.example/p?cid={transaction_id}&sum={payout_amount}&e={event_name}',
      'https://t.example/p?cid={click_id}&sum={payout}&e={goal_name}',
    ],
    [
      'TUNE',
      'https://t.example/p?cid={aff_sub}&s2={aff_sub2}&t={transaction_id}&at={datetime}',
      'https://t.example/p?cid={sub1}&s2={sub2}&t={click_id}&at={conversion_time|fmt:iso}',
    ],
    ['CAKE', 'https://t.example/p?cid=#s1#&p=#price#&a=#affid#', 'https://t.example/p?cid={sub1}&p={payout}&a={affiliate_id}'],
  ])('of %s is recognised, and its macros become ours', (platform, url, converted) => {
    expect(best(url)).toMatchObject({ platform, url: converted, unmatched: [] });
  });

  it('lists what was replaced, each once, and says nothing of names that are ours already', () => {
    expect(best('https://t.example/{clickid}/{clickid}?s={sub1}')!.replaced).toEqual([{ from: '{clickid}', to: '{click_id}' }]);
  });

  it('lists what has no match, and leaves it where it is', () => {
    const found = best('https://t.example/p?a={clickid}&b={referrer}&c={afoffer_id}')!;
    expect(found.unmatched).toEqual(['{referrer}', '{afoffer_id}']);
    expect(found.url).toBe('https://t.example/p?a={click_id}&b={referrer}&c={afoffer_id}');
    expect(best('https://t.example/p?a=#campid#')).toMatchObject({ platform: 'CAKE', unmatched: ['#campid#'] });
  });

  it('is read whatever the case of its macros', () => {
    expect(best('https://t.example/p?a={ClickID}')!.url).toBe('https://t.example/p?a={click_id}');
  });

  it('that may be of several is offered for each, the likeliest first', () => {
    const both = convertForeignUrl('https://t.example/p?a={transaction_id}&b={aff_sub}&c={adv_sub}');
    expect(both.map(({ platform }) => platform)).toEqual(['TUNE', 'Everflow']);
  });
});

describe('a URL of our own', () => {
  it.each([
    'https://t.example/p?click={click_id}&sum={payout}&status={status|map:done=1}',
    'https://t.example/p?s={sub1}&goal={goal_name}&ip={ip}',
    'https://t.example/p#part',
    'https://t.example/plain',
    '',
  ])('%s is left alone', (url) => {
    expect(convertForeignUrl(url)).toEqual([]);
  });
});
