import * as path from 'node:path';
import * as ts from 'typescript';

const ROOT = path.join(__dirname, '..', '..');

/**
 * Compiles sources as if they were files in `test/`, and returns the errors as `name: code: message`. The sources may import the library
 * by its name.
 */
export function errorsIn(sources: { readonly [name: string]: string }): string[] {
  const texts = new Map(Object.entries(sources).map(([name, text]) => [path.join(ROOT, 'test', `${name}.ts`), text]));
  const { config } = ts.readConfigFile(path.join(ROOT, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: [] }, ts.sys, ROOT, {
    noEmit: true,
    rootDir: ROOT,
    noUnusedLocals: false,
    noUnusedParameters: false,
    skipLibCheck: true,
    paths: { 'cdk-athena-session-monitor': [path.join(ROOT, 'src', 'index')] },
  });
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (file) => texts.has(file) || fileExists(file);
  host.readFile = (file) => texts.get(file) ?? readFile(file);
  host.getSourceFile = (file, version, ...rest) =>
    texts.has(file) ? ts.createSourceFile(file, texts.get(file)!, version) : getSourceFile(file, version, ...rest);
  const program = ts.createProgram([...texts.keys()], options, host);
  return [...texts.keys()].map((file) => program.getSourceFile(file)!).flatMap((file) =>
    [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(({ start = 0, length = 0, messageText }) =>
      `${path.basename(file.fileName, '.ts')}: ${file.text.slice(start, start + length)}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`));
}
