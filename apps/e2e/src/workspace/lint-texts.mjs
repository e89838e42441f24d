// Lints texts as if they were the files they name: JSON [{ filePath, text }] on stdin, JSON [[ruleId, message], …] per text on stdout.
// A process of its own, since ESLint loads its configuration as an ES module, which a jest sandbox does not allow.
import { text } from 'node:stream/consumers';
import { ESLint } from 'eslint';

const cases = JSON.parse(await text(process.stdin));
const eslint = new ESLint();
const found = [];
for (const { filePath, text: source } of cases) {
  const [result] = await eslint.lintText(source, { filePath });
  found.push((result?.messages ?? []).map(({ ruleId, message }) => [ruleId, message]));
}
process.stdout.write(JSON.stringify(found));
