/** Fails where the lock file lacks an optional platform package: `npm ci` would fail elsewhere. */
import { readFileSync } from 'node:fs';

interface Lock {
  readonly packages: Record<
    string,
    { readonly optionalDependencies?: Record<string, string>; readonly resolved?: string }
  >;
}

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as Lock;
const missing: string[] = [];
for (const [path, { optionalDependencies = {} }] of Object.entries(lock.packages)) {
  for (const name of Object.keys(optionalDependencies)) {
    if (!isLocked(path, name)) missing.push(`${name} (wanted by ${path || 'the project'})`);
  }
}
if (missing.length > 0) {
  console.error(`the lock file lacks optional packages:\n${missing.join('\n')}`);
  process.exit(1);
}

/** Looks for the package where Node would: in the folder itself, then in those above. */
function isLocked(path: string, name: string): boolean {
  for (let folder = path; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules')))) {
    const base = folder === '' || folder.endsWith('/') ? folder : `${folder}/`;
    if (lock.packages[`${base}node_modules/${name}`]) return true;
    if (folder === '') return false;
  }
}
