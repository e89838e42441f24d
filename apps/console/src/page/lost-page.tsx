import { Button, EmptyState } from '@mantine/core';
import { Link } from 'react-router';
import { PageHeader } from './page-header.js';

/** An address that names no screen, or a screen that could not be shown: after an update its file may be gone until the page is loaded anew. */
export function LostPage({ failed = false }: { failed?: boolean }) {
  return (
    <>
      <PageHeader title={failed ? 'This screen could not be shown' : 'There is no such screen'} />
      <EmptyState
        title={failed ? 'Load the page again' : 'Check the address'}
        description={failed ? 'The console may have been updated meanwhile.' : 'Or begin with the offers.'}
      >
        <EmptyState.Actions>
          {failed ? (
            <Button onClick={() => window.location.reload()}>Load again</Button>
          ) : (
            <Button component={Link} to="/offers">
              Manage offers
            </Button>
          )}
        </EmptyState.Actions>
      </EmptyState>
    </>
  );
}
