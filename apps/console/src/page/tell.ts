import { notifications } from '@mantine/notifications';
import { asProblem } from '../api/api-problem.js';

/** Says in a corner that something was done. */
export function tellDone(message: string): void {
  notifications.show({ message, color: 'green' });
}

/** Says in a corner that something was refused, until it is closed. */
export function tellProblem(title: string, problem: unknown): void {
  const { message, remedy } = asProblem(problem);
  notifications.show({ title, message: `${message} ${remedy}`, color: 'red', autoClose: false });
}
