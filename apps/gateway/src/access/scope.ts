import { problem, ProblemError } from '@ringback/service-runtime';
import type { Scope } from '@ringback/contracts';

/**
 * How a route's things belong to offers, and so what a caller who is limited to some offers gets there:
 * - `offer-path`: the path names the offer. Others' are answered as if they did not exist, here and by the service;
 * - `conversion`, `delivery`: the path names a thing of an offer. The service answers others' as if they did not exist;
 * - `body`: the body names offers, or things of them. The service refuses others' as if they did not exist;
 * - `filtered`: a list, count or file. The service leaves others' out;
 * - `shared`: it belongs to no offer, and everyone whose role allows it may see it;
 * - `network-wide`: it concerns all offers, so a limited caller is refused (403).
 */
export type OfferRelation = 'offer-path' | 'conversion' | 'delivery' | 'body' | 'filtered' | 'shared' | 'network-wide';

/** The one place where the gateway applies a scope; what only the owner of the data can tell, its service does by the service token. */
export function requireReach(scope: Scope, relation: OfferRelation, parameters: Readonly<Record<string, string>>): void {
  if (scope.offerIds === null) return;
  switch (relation) {
    case 'network-wide':
      throw new ProblemError(403, 'this concerns all offers, and the key is limited to some: use one for all offers');
    case 'offer-path': {
      const { offerId } = parameters;
      if (!scope.offerIds.includes(Number(offerId))) throw problem.notFound(`offer ${offerId}`);
      return;
    }
    case 'conversion':
    case 'delivery':
    case 'body':
    case 'filtered':
    case 'shared':
      return;
  }
}
