import { registerHooks } from 'node:module';

// Lets a plain Node run this library from its sources, without a build: Node strips the types, this finds `x.ts` where `x.js` is said.
// To be used with `--conditions=source`, so that workspace libraries are read from their sources too.
registerHooks({
  resolve(specifier, context, nextResolve) {
    if (specifier.startsWith('.') && specifier.endsWith('.js') && context.parentURL?.endsWith('.ts')) {
      return nextResolve(`${specifier.slice(0, -3)}.ts`, context);
    }
    return nextResolve(specifier, context);
  },
});
