/** @returns the condition that a name contains `search`, whatever the case, for `QueryBuilder#andWhere`. Served by a trigram index. */
export function nameContains(column: string, search: string): [string, { search: string }] {
  return [`${column} ilike :search`, { search: `%${search.replaceAll(/[\\%_]/g, '\\$&')}%` }];
}
