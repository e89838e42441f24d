import { Select, type SelectProps } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import type { Affiliate } from '../api/shapes.js';
import { useAffiliate, useAffiliates } from './affiliate.queries.js';

type AffiliateSelectProps = Omit<SelectProps, 'data' | 'searchable'>;

const labelOf = ({ id, name }: Affiliate) => `${name} (${id})`;

/** One affiliate, searched by name on the server: a network has thousands. */
export function AffiliateSelect(props: AffiliateSelectProps) {
  const [search, setSearch] = useState('');
  const [quiet] = useDebouncedValue(search, 250);
  const selectedId = props.value ? Number(props.value) : null;
  const { data: selected } = useAffiliate(selectedId);
  // What is selected stands in the field as if it had been searched for.
  const wanted = selected !== undefined && quiet === labelOf(selected) ? '' : quiet;
  const { data, isFetching } = useAffiliates({ limit: 20, ...(wanted === '' ? {} : { search: wanted }) });
  const found = data?.items ?? [];
  const items = selected === undefined || found.some(({ id }) => id === selected.id) ? found : [selected, ...found];
  return (
    <Select
      {...props}
      data={items.map((affiliate) => ({ value: String(affiliate.id), label: labelOf(affiliate) }))}
      searchable
      // The server has searched already.
      filter={({ options }) => options}
      searchValue={search}
      onSearchChange={setSearch}
      nothingFoundMessage={isFetching ? 'Searching…' : 'No affiliate is called so'}
      maxDropdownHeight={260}
    />
  );
}
