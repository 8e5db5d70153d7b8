// Reads a description in AsyncAPI with the parser of the AsyncAPI initiative, and prints its operations: node asyncapi.mjs asyncapi/v1.json.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const { Parser } = createRequire(import.meta.url)('@asyncapi/parser');
const { document, diagnostics } = await new Parser().parse(readFileSync(process.argv[2], 'utf8'));
// Errors and warnings; the rest is advice, such as to use the latest version.
const faults = diagnostics.filter(diagnostic => diagnostic.severity <= 1);
for (const { code, path, message } of faults) console.error(`${code} at ${path.join('.')}: ${message}`);
if (!document || faults.length > 0) process.exit(1);
for (const operation of document.operations().all()) {
  console.log(`${operation.action()} ${operation.messages().all().map(message => message.name()).join(', ')}`);
}
