// Node 20 has no fs.globSync, which the conformance suite imports for a command that the tests do not use.
import { register } from "node:module";

const fs = `export * from "node:fs"; export { default } from "node:fs"; export const globSync = undefined;`;
const hooks = `export const resolve = (specifier, context, next) =>
  specifier === "fs" && context.parentURL?.includes("/conformance/")
    ? { url: ${JSON.stringify("data:text/javascript," + encodeURIComponent(fs))}, shortCircuit: true }
    : next(specifier, context);`;
register("data:text/javascript," + encodeURIComponent(hooks));
