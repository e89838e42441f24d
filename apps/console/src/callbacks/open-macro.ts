/** A macro that is being typed: an open brace before the cursor and what of a name follows it. */
export interface OpenMacro {
  /** Where the brace stands. */
  readonly from: number;
  readonly typed: string;
}

/** @returns the macro that is being typed at the cursor, or null. Modifiers are written by hand: after `|` nothing is offered. */
export function openMacroAt(text: string, cursor: number): OpenMacro | null {
  const match = /\{([A-Za-z0-9_.]*)$/.exec(text.slice(0, cursor));
  if (match === null) return null;
  const from = match.index;
  return text[from - 1] === '\\' ? null : { from, typed: match[1]!.toLowerCase() };
}

/** @returns the text with the macro in place of what was typed of it, and where the cursor goes: behind its closing brace. */
export function completeMacro(text: string, cursor: number, open: OpenMacro, name: string): { text: string; cursor: number } {
  const rest = text.slice(cursor).replace(/^[A-Za-z0-9_.]*\}?/, '');
  const head = `${text.slice(0, open.from)}{${name}}`;
  return { text: head + rest, cursor: head.length };
}

/** @returns the text with a macro inserted at the selection, and where the cursor goes. */
export function insertMacro(text: string, start: number, end: number, name: string): { text: string; cursor: number } {
  const head = `${text.slice(0, start)}{${name}}`;
  return { text: head + text.slice(end), cursor: head.length };
}
