import { useNetwork } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { useEffect } from 'react';

/** Says so while the browser has no connection: nothing can be saved, and nothing is lost. */
export function useTellOffline(): void {
  const { online } = useNetwork();
  useEffect(() => {
    if (online) return;
    const id = notifications.show({
      title: 'You are offline',
      message: 'What you type stays here. Save it once you are back.',
      color: 'yellow',
      autoClose: false,
      withCloseButton: false,
    });
    return () => {
      notifications.hide(id);
    };
  }, [online]);
}
