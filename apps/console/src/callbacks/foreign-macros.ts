/** Platforms whose postback URLs admins bring along. */
export type Platform = 'Affise' | 'Everflow' | 'TUNE' | 'CAKE';

/** What a URL of another platform becomes here. */
export interface ConvertedUrl {
  readonly platform: Platform;
  readonly url: string;
  readonly replaced: readonly { readonly from: string; readonly to: string }[];
  /** Macros of theirs that nothing here stands for: they stay in the URL as they are. */
  readonly unmatched: readonly string[];
}

/** `prefix1`…`prefixN` to `to1`…`toN`. */
const numbered = (prefix: string, to: string, count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${prefix}${index + 1}`, `${to}${index + 1}`]));

/** Names that mean the same on all of the platforms with braces and here. */
const SHARED = {
  ...numbered('sub', 'sub', 10),
  payout: 'payout',
  currency: 'currency',
  status: 'status',
  offer_id: 'offer_id',
  offer_name: 'offer_name',
  affiliate_id: 'affiliate_id',
  goal_id: 'goal_id',
  goal_name: 'goal_name',
  sale_amount: 'sale_amount',
  conversion_id: 'conversion_id',
  source: 'source',
  ip: 'ip',
  country: 'country',
  region: 'region',
  city: 'city',
  os: 'os',
  browser: 'browser',
  user_agent: 'user_agent',
  date: 'date',
  time: 'time',
  timestamp: 'timestamp',
  random: 'random',
  gaid: 'gaid',
  idfa: 'idfa',
  promo_code: 'promo_code',
} as const;

/** Their name, in lower case, to ours: names or whole modifiers, without braces. */
const TABLES: Readonly<Record<Platform, Readonly<Record<string, string>>>> = {
  Affise: {
    ...SHARED,
    clickid: 'click_id',
    click_id: 'click_id',
    sum: 'payout',
    goal: 'goal_name',
    offerid: 'offer_id',
    pid: 'affiliate_id',
    affiliateid: 'affiliate_id',
    transactionid: 'transaction_id',
    action_id: 'transaction_id',
    order_sum: 'sale_amount',
    geo: 'country',
    ua: 'user_agent',
    device: 'device_type',
    comment: 'reject_reason',
    user_id: 'user_id',
    ...numbered('custom_field', 'adv', 10),
  },
  Everflow: {
    ...SHARED,
    transaction_id: 'click_id',
    payout_amount: 'payout',
    currency_id: 'currency',
    order_id: 'transaction_id',
    event_name: 'goal_name',
    event_id: 'goal_id',
    source_id: 'source',
    user_ip: 'ip',
    session_user_ip: 'ip',
    http_user_agent: 'user_agent',
    device_type: 'device_type',
    os_name: 'os',
    browser_name: 'browser',
    country_code: 'country',
    region_name: 'region',
    city_name: 'city',
    coupon_code: 'promo_code',
    google_aid: 'gaid',
    conversion_unix_timestamp: 'conversion_time|fmt:unix',
    conversion_timestamp: 'conversion_time|fmt:unix',
    ...numbered('adv', 'adv', 10),
  },
  TUNE: {
    ...SHARED,
    transaction_id: 'click_id',
    aff_sub: 'sub1',
    aff_sub2: 'sub2',
    aff_sub3: 'sub3',
    aff_sub4: 'sub4',
    aff_sub5: 'sub5',
    aff_click_id: 'affiliate_click_id',
    aff_id: 'affiliate_id',
    affiliate_name: 'affiliate_name',
    adv_sub: 'adv1',
    adv_sub2: 'adv2',
    adv_sub3: 'adv3',
    adv_sub4: 'adv4',
    adv_sub5: 'adv5',
    session_ip: 'ip',
    conversion_ip: 'ip',
    country_code: 'country',
    region_code: 'region',
    ios_ifa: 'idfa',
    google_aid: 'gaid',
    device_os: 'os',
    datetime: 'conversion_time|fmt:iso',
    session_datetime: 'click_time|fmt:iso',
    ran: 'random',
  },
  CAKE: {
    ...numbered('s', 'sub', 5),
    affid: 'affiliate_id',
    oid: 'offer_id',
    reqid: 'click_id',
    r: 'click_id',
    tid: 'transaction_id',
    leadid: 'conversion_id',
    price: 'payout',
    currency: 'currency',
    disp: 'status',
    ip: 'ip',
    cc: 'country',
    ua: 'user_agent',
    idfa: 'idfa',
    gaid: 'gaid',
    udid: 'idfa',
  },
};

/** Names that give a platform away: no macro here is called so, or it means another thing there. */
const SIGNS: Readonly<Record<Platform, RegExp>> = {
  Affise: /^(clickid|sum|offerid|pid|affiliateid|transactionid|action_id|order_sum|geo|custom_field\d+|goal|afstatus|referrer|uniq_?id)$/,
  Everflow:
    /^(transaction_id|payout_amount|currency_id|order_id|event_name|source_id|user_ip|session_user_ip|http_user_agent|coupon_code|conversion_unix_timestamp|creative_id|is_event)$/,
  TUNE: /^(aff_sub[2-5]?|aff_click_id|aff_id|adv_sub[2-5]?|session_ip|conversion_ip|ios_ifa|session_datetime|datetime|ran|offer_ref|affiliate_ref|advertiser_id)$/,
  CAKE: /./,
};

const BRACES = /\{([A-Za-z0-9_]+)\}/g;
const HASHES = /#([A-Za-z0-9_]+)#/g;

const syntaxOf = (platform: Platform) => (platform === 'CAKE' ? HASHES : BRACES);

/**
 * Recognises URLs that were written for another platform.
 * @returns what the URL becomes for each platform that it may be of, the likeliest first; empty when it looks like one of ours.
 */
export function convertForeignUrl(url: string): ConvertedUrl[] {
  const platforms: Platform[] = ['Affise', 'Everflow', 'TUNE', 'CAKE'];
  return platforms
    .map((platform) => ({ platform, names: namesIn(url, syntaxOf(platform)) }))
    .filter(({ platform, names }) => names.some((name) => SIGNS[platform].test(name)))
    .map(({ platform, names }) => ({ likeliness: likeliness(platform, names), converted: convert(url, platform) }))
    .toSorted((a, b) => b.likeliness - a.likeliness)
    .map(({ converted }) => converted)
    .filter(({ replaced, unmatched }) => replaced.length > 0 || unmatched.length > 0);
}

function namesIn(url: string, syntax: RegExp): string[] {
  return [...url.matchAll(syntax)].map((match) => match[1]!.toLowerCase());
}

/** Signs count most, then how much of the URL the platform's names explain. */
function likeliness(platform: Platform, names: readonly string[]): number {
  const signs = names.filter((name) => SIGNS[platform].test(name)).length;
  const known = names.filter((name) => Object.hasOwn(TABLES[platform], name)).length;
  return signs * 10 + known;
}

function convert(url: string, platform: Platform): ConvertedUrl {
  const table = TABLES[platform];
  const replaced = new Map<string, string>();
  const unmatched = new Set<string>();
  const converted = url.replace(syntaxOf(platform), (source, name: string) => {
    const key = name.toLowerCase();
    const ours = Object.hasOwn(table, key) ? `{${table[key]!}}` : null;
    if (ours === null) {
      unmatched.add(source);
      return source;
    }
    if (ours !== source) replaced.set(source, ours);
    return ours;
  });
  return { platform, url: converted, replaced: [...replaced].map(([from, to]) => ({ from, to })), unmatched: [...unmatched] };
}
