import { useCallback, useMemo } from 'react';
import { useLocation, useNavigate, useSearchParams } from 'react-router';

/** Filters of a list, kept in the address: a link shows the same list, and going back brings the last one. */
export interface AddressFilters<Name extends string> {
  readonly values: Readonly<Partial<Record<Name, string>>>;
  readonly cursor: string | undefined;
  readonly isFirstPage: boolean;
  /** Sets filters (null takes one away) and begins at the first page. */
  readonly set: (changes: Partial<Record<Name, string | null>>) => void;
  readonly clear: () => void;
  readonly toPage: (cursor: string | null) => void;
}

/** @returns the filters as the API takes them: those named are numbers. */
export function withNumbers<Name extends string, Numeric extends Name>(
  values: Readonly<Partial<Record<Name, string>>>,
  names: readonly Numeric[],
): Partial<Record<Exclude<Name, Numeric>, string> & Record<Numeric, number>> {
  const isNumeric = (name: string) => (names as readonly string[]).includes(name);
  const entries = Object.entries<string | undefined>(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([name, value]) => [name, isNumeric(name) ? Number(value) : value])) as Partial<
    Record<Exclude<Name, Numeric>, string> & Record<Numeric, number>
  >;
}

export function useAddressFilters<Name extends string>(names: readonly Name[]): AddressFilters<Name> {
  const [parameters, setParameters] = useSearchParams();
  const navigate = useNavigate();
  const location = useLocation();
  const values = useMemo(
    () =>
      Object.fromEntries(names.flatMap((name) => (parameters.get(name) ? [[name, parameters.get(name)!]] : []))) as Partial<
        Record<Name, string>
      >,
    [names, parameters],
  );
  const set = useCallback(
    (changes: Partial<Record<Name, string | null>>) =>
      setParameters(
        (before) => {
          const next = new URLSearchParams(before);
          next.delete('cursor');
          for (const [name, value] of Object.entries<string | null | undefined>(changes))
            if (value === null || value === undefined || value === '') next.delete(name);
            else next.set(name, value);
          return next;
        },
        { replace: true },
      ),
    [setParameters],
  );
  const clear = useCallback(() => setParameters({}, { replace: true }), [setParameters]);
  const toPage = useCallback(
    (cursor: string | null) => {
      const next = new URLSearchParams(location.search);
      if (cursor === null) next.delete('cursor');
      else next.set('cursor', cursor);
      void navigate({ search: next.toString() });
    },
    [location.search, navigate],
  );
  const cursor = parameters.get('cursor') ?? undefined;
  return { values, cursor, isFirstPage: cursor === undefined, set, clear, toPage };
}
