import { asProblem } from '../api/api-problem.js';

/** What of a form is needed here. */
interface ComplainingForm {
  readonly setErrors: (errors: Record<string, string>) => void;
  readonly getInputNode: (path: never) => HTMLElement | null;
}

/** Puts each complaint of a refused request under its field, and the cursor into the first. */
export function showFieldProblems(form: ComplainingForm, problem: unknown, fieldOf: (path: string) => string = (path) => path): void {
  const { errors } = asProblem(problem);
  if (errors.length === 0) return;
  form.setErrors(Object.fromEntries(errors.map(({ path, message }) => [fieldOf(path), message])));
  form.getInputNode(fieldOf(errors[0]!.path) as never)?.focus();
}
