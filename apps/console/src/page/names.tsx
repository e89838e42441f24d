import { Anchor } from '@mantine/core';
import { Link } from 'react-router';
import { useAffiliate } from '../affiliates/affiliate.queries.js';
import { useNamedOffer } from '../offers/offer.queries.js';
import { PlainText } from './plain-text.js';

/** An affiliate by its name; by its id until that is known. */
export function AffiliateName({ id }: { id: number }) {
  const { data } = useAffiliate(id);
  return <PlainText text={data === undefined ? `#${id}` : `${data.name} (${id})`} lines={2} />;
}

/** An offer by its name, leading to it. */
export function OfferName({ id }: { id: number }) {
  const { data } = useNamedOffer(id);
  return (
    <Anchor component={Link} to={`/offers/${id}`} display="block">
      <PlainText text={data === undefined ? `#${id}` : `${data.name} (${id})`} lines={2} />
    </Anchor>
  );
}
