import { problem } from '@ringback/service-runtime';

/** Fewer different characters than this are a pattern, however long. */
const MIN_DIFFERENT = 5;

/**
 * What NIST SP 800-63B-4 §3.1.1.2 calls expected passwords, as far as 15 characters leave any: the account's own name, the product's, one
 * short piece again and again, and rows of the alphabet or the digits. Lists of common passwords hold next to none of that length.
 * @throws {ProblemError} 422 naming the field
 */
export function requireGoodPassword(password: string, email: string, path: string): void {
  const plain = password.normalize('NFKC').toLowerCase();
  const [local] = email.split('@');
  const refuse = (message: string) => {
    throw problem.unprocessable([{ path, message }]);
  };
  const rest = [email, local!, 'ringback', 'password'].reduce(
    (left, known) => (known.length < 4 ? left : left.replaceAll(known, '')),
    plain,
  );
  if (rest.length < 8) refuse('is little more than a name that anyone would try: choose other words');
  if (new Set(plain).size < MIN_DIFFERENT || /^(.{1,8})\1+.{0,7}$/su.test(plain)) refuse('repeats itself: choose other words');
  if (isRow(plain)) refuse('is a row of neighbours: choose other words');
}

/** Whether nearly every character is the neighbour of the one before. */
function isRow(text: string): boolean {
  const codes = [...text].map((character) => character.codePointAt(0)!);
  const neighbours = codes.filter((code, index) => index > 0 && Math.abs(code - codes[index - 1]!) === 1).length;
  return neighbours > 0.7 * codes.length;
}
