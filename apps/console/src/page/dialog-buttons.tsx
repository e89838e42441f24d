import { Button, Group, type ButtonProps } from '@mantine/core';

interface DialogButtonsProps extends ButtonProps {
  readonly onCancel: () => void;
}

/** The end of a form in a dialog: away with it, or on with it. The rest is said of the latter. */
export function DialogButtons({ onCancel, children = 'Save', ...submit }: DialogButtonsProps) {
  return (
    <Group justify="flex-end">
      <Button variant="default" onClick={onCancel}>
        Cancel
      </Button>
      <Button type="submit" {...submit}>
        {children}
      </Button>
    </Group>
  );
}
