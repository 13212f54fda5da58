import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { Documentation, Language } from 'jsii-docgen';

/**
 * Writes API.md. The command line of jsii-docgen would read every assembly below node_modules, including those of build tools, which
 * have another version of `Construct`.
 */
async function main(): Promise<void> {
  const assemblies = mkdtempSync(path.join(tmpdir(), 'assemblies-'));
  try {
    for (const [name, folder] of [['library', '.'], ['aws-cdk-lib', 'node_modules/aws-cdk-lib'], ['constructs', 'node_modules/constructs']]) {
      mkdirSync(path.join(assemblies, name!));
      for (const file of readdirSync(folder!).filter((entry) => entry.startsWith('.jsii') || entry === 'package.json')) {
        cpSync(path.join(folder!, file), path.join(assemblies, name!, file));
      }
    }
    const documentation = await Documentation.forAssembly('cdk-athena-session-monitor', assemblies);
    const markdown = await documentation.toMarkdown({ language: Language.TYPESCRIPT, allSubmodules: true });
    writeFileSync('API.md', markdown.render());
  } finally {
    rmSync(assemblies, { recursive: true });
  }
}

void main();
