import { MantineProvider } from '@mantine/core';
import { ModalsProvider } from '@mantine/modals';
import { Notifications } from '@mantine/notifications';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { useEffect, useState, type ReactNode } from 'react';
import { RouterProvider } from 'react-router/dom';
import { asProblem } from './api/api-problem.js';
import { router } from './routes.js';
import { refreshSession } from './session/keep-session.js';
import { SignInAgain } from './session/sign-in-again.js';
import { SignInPage } from './session/sign-in-page.js';
import { ONE_TIME_LINK, SetPasswordPage } from './session/set-password-page.js';
import { session, useSessionState } from './session/session.js';
import { useTellOffline } from './shell/tell-offline.js';
import { cssVariables, theme } from './theme.js';

export function App() {
  return (
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
      <Notifications position="bottom-right" zIndex={900} />
      <Console />
    </MantineProvider>
  );
}

function Console() {
  const state = useSessionState();
  const link = ONE_TIME_LINK.exec(window.location.pathname);
  useTellOffline();
  // A page that is loaded anew goes on with the session that its cookie names.
  useEffect(() => {
    if (state === 'unknown') void refreshSession().then((isBack) => isBack || session.giveUp());
  }, [state]);
  if (link !== null)
    return (
      <WithQueries>
        <SetPasswordPage purpose={link[1]!} token={link[2]!} />
      </WithQueries>
    );
  if (state === 'unknown') return null;
  const isOut = state === 'signed-out';
  // Keyed, so that whoever signs in next starts with nothing of the last.
  return (
    <WithQueries key={isOut ? 'out' : 'in'}>
      {isOut ? (
        <SignInPage />
      ) : (
        <ModalsProvider>
          <RouterProvider router={router} />
          <SignInAgain />
        </ModalsProvider>
      )}
    </WithQueries>
  );
}

function WithQueries({ children }: { children: ReactNode }) {
  const [client] = useState(makeQueryClient);
  return <QueryClientProvider client={client}>{children}</QueryClientProvider>;
}

/** Reads are tried twice more when nobody answered or a service was away; a refusal is final, and so is every change. */
function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        networkMode: 'always',
        staleTime: 2_000,
        retry: (failures, error) => {
          const { status } = asProblem(error);
          return failures < 2 && (status === 0 || status >= 502);
        },
        retryDelay: (failures) => 400 * 2 ** failures,
      },
      mutations: { networkMode: 'always' },
    },
  });
}
