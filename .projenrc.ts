import { awscdk, github, javascript, JsonFile } from 'projen';

const project = new awscdk.AwsCdkConstructLibrary({
  name: 'cdk-athena-session-monitor',
  description: 'CloudWatch metrics and alarms for the sessions of Amazon Athena for Apache Spark',
  author: 'cdk-athena-session-monitor contributors',
  authorAddress: 'maintainers@users.noreply.github.com',
  authorOrganization: true,
  repositoryUrl: 'https://github.com/cdk-athena-session-monitor/cdk-athena-session-monitor.git',
  keywords: ['athena', 'spark', 'cloudwatch', 'monitoring', 'alarms', 'sessions'],
  license: 'Apache-2.0',
  copyrightOwner: 'cdk-athena-session-monitor contributors',
  defaultReleaseBranch: 'main',
  packageManager: javascript.NodePackageManager.NPM,
  projenrcTs: true,
  sampleCode: false,
  lambdaAutoDiscover: false, // the construct is the collector's only user; projenrc/bundle.ts makes its asset

  // Floor: the first release with NODEJS_24_X, IWorkGroupRef and stable EventBridge Scheduler constructs.
  cdkVersion: '2.232.0',
  constructsVersion: '10.4.2',
  jsiiVersion: '~6.0.0',
  typescriptVersion: '~6.0.0',
  tsconfigDevFile: 'tsconfig.dev.json',
  publishToPypi: { distName: 'cdk-athena-session-monitor', module: 'cdk_athena_session_monitor' },
  publishToMaven: {
    javaPackage: 'io.github.cdk_athena_session_monitor',
    mavenGroupId: 'io.github.cdk-athena-session-monitor',
    mavenArtifactId: 'cdk-athena-session-monitor',
  },
  publishToNuget: { dotNetNamespace: 'CdkAthenaSessionMonitor', packageId: 'CdkAthenaSessionMonitor' },

  bumpPackage: 'commit-and-tag-version@^12', // 13 needs a newer Node than what works here

  // Snapshots change on purpose only: npx jest -u
  jestOptions: {
    updateSnapshot: javascript.UpdateSnapshot.NEVER,
    jestConfig: {
      collectCoverage: false,
      testTimeout: 300_000, // a slow machine is no failure
      maxWorkers: '100%', // many tests wait for a simulated Athena; the default leaves one of two cores idle
      modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/examples/'],
    },
    extraCliOptions: ['--json', '--outputFile=test-reports/jest.json'],
  },
  eslintOptions: {
    dirs: ['src'],
    devdirs: ['test', 'rehearsal', 'bench', 'probe', 'examples'],
    projectService: false,
    tsconfigPath: './tsconfig.dev.json',
    ignorePatterns: ['*.js', '*.d.ts', 'node_modules/', '*.generated.ts', 'coverage', 'cdk.out'],
  },
  devDeps: [
    '@types/node@^22',
    // The collector's only run-time library; bundled into the asset, so users never install it.
    '@aws-sdk/client-athena',
    '@aws-sdk/credential-provider-env', // the one credential provider that Lambda uses
    '@smithy/core', '@smithy/types', // tell which of the client's errors are throttles and which may pass
    '@aws-sdk/client-cloudwatch', // of the bench's peers
    '@aws-sdk/client-sts', // lets the probe take on a role with the collector's rights
    '@smithy/node-http-handler', // the client's own, given its settings
    'esbuild', // bundles the collector
    'tsx', // runs TypeScript from the command line: rehearsal, example app
    'fast-check', // property-based tests
    'cdk-monitoring-constructs', // of a recipe
    'cdk-nag@~2.37', // 2.38.1 and later need newer constructs than the floor
    'yaml', // scenario files, with line numbers for their errors
    'zod', // checks scenario files
    'picocolors', // colour where the terminal has it
    // Deploys and asserts test/integ.*.ts where there is an AWS account, and keeps their snapshots.
    '@aws-cdk/integ-runner@^2.197',
    '@aws-cdk/integ-tests-alpha@2.214.0-alpha.0', // the newest release that takes the floor: the next is for 2.236
  ],
});
// The examples use the library by its name, through the link that npm makes for a workspace's dependency on it.
project.package.addField('workspaces', ['examples/typescript/*', 'test/runtimes']);

// 1.13.0 was published without its builds for most platforms, and npm ci insists on all of them.
project.package.addPackageResolutions('unrs-resolver@1.12.2');

// The collector's asset is built before the library and published with it: users need no bundler.
const bundle = project.addTask('bundle:collector', {
  description: 'Bundle the collector into the asset that the construct deploys',
  exec: 'tsx projenrc/bundle.ts',
});
project.preCompileTask.spawn(bundle);
project.gitignore.exclude('/assets/', 'cdk.out/', '/bench/.build/', '/bench/results.json');
project.npmignore?.include('/assets/');
// What runs in Lambda is in the asset; of its sources the construct needs the names alone.
project.npmignore?.exclude('/lib/athena/', '/lib/collector/', '/lib/time.*', '/.ci/', '/bench/', '/examples/', '/probe/', '/rehearsal/');
project.npmignore?.exclude('/docs/*.png'); // registries show the repository's

project.tsconfigDev.addInclude('.projenrc.ts');

// The walls of the house: who may import what.
interface Wall {
  readonly group: string[];
  readonly message: string;
  /** What may be imported all the same. */
  readonly allowImportNames?: string[];
}
const walls = (files: string[], ...patterns: Wall[]) => project.eslint?.addOverride({ files, rules: { 'no-restricted-imports': ['error', { patterns }] } });
const wall = (files: string[], group: string[], message: string) => walls(files, { group, message });
const LIBRARY = ['**/src', '**/src/**', '**/lib', '**/lib/**', 'cdk-athena-session-monitor'];
wall(['src/*.ts', 'src/alarms/*.ts', 'src/dashboard/*.ts'], ['@aws-sdk/*', '@smithy/*', '**/athena/*', '**/collector/*', '**/time'], 'constructs share schema.ts with what runs in Lambda, and nothing else');
wall(['src/collector/*.ts'], ['aws-cdk-lib', 'aws-cdk-lib/*', 'constructs', '@aws-sdk/*', '@smithy/*', '../*', '!../athena', '!../schema', '!../time'],
  'what runs in Lambda knows nothing of CDK, and calls Athena through athena/');
wall(['src/athena/*.ts'], ['aws-cdk-lib', 'aws-cdk-lib/*', 'constructs', '../*', '!../schema', '!../time'], 'what calls Athena knows neither CDK nor who uses it');
wall(['src/schema.ts', 'src/time.ts'], ['*'], 'what both sides share imports nothing');
wall(['rehearsal/**/*.ts'], LIBRARY, 'the rehearsal knows the template and the asset alone');
// What the probe says of the collector is tested against the bundled one; and it may call what has no side effects, nothing else.
const probeAlone = { group: LIBRARY, message: 'the probe asks AWS, whatever this version of the library believes' };
walls(['probe/**/*.ts'], probeAlone, { group: ['@aws-sdk/*'], message: 'probe/aws.ts is all that calls AWS', allowImportNames: ['SessionSummary'] });
walls(['probe/aws.ts'], probeAlone, {
  group: ['@aws-sdk/*'],
  message: 'the probe makes these calls and no others',
  allowImportNames: [
    'AthenaClient', 'ListSessionsCommand', 'ListWorkGroupsCommand', 'SessionState', 'SessionSummary', 'WorkGroupSummary', 'STSClient', 'AssumeRoleCommand',
  ],
});
// What runs in Lambda is bundled with what it imports.
project.eslint?.addOverride({ files: ['src/athena/*.ts', 'src/collector/*.ts'], rules: { 'import/no-extraneous-dependencies': ['error', { devDependencies: true }] } });

// The oldest Node that works here is older than what jsii likes to see; Lambda runs its own.
project.tasks.addEnvironment('JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION', 'true');

// The rehearsal, and the tests with it, use the library as users do: compiled, with its asset.
const buildLibrary = project.addTask('build:library', { description: 'Bundle the collector and compile the library' });
buildLibrary.spawn(project.preCompileTask);
buildLibrary.spawn(project.compileTask);
project.testTask.prependSpawn(buildLibrary);

// npm scripts, not projen tasks: a task would build the library before --help, and turn every exit code but 0 into 1.
project.package.setScript('rehearse', 'tsx rehearsal/cli.ts'); // plays stories against the example's stack on this machine
project.package.setScript('bench', 'tsx bench/cli.ts'); // measures the collector against its limits and its peers
project.package.setScript('probe', 'tsx probe/cli.ts'); // asks an AWS account what AWS does not document; reads only

// Integration tests: apps that assert what is true of them once they are deployed. Only their snapshots are for everybody.
new JsonFile(project, 'integ.config.json', {
  obj: { app: 'tsx {filePath}', testRegex: ['^integ\\.(?!test\\.).+\\.ts$'] },
  marker: false, // the file is read strictly
});
// 2 MB each, what no one compares, and what a run that failed leaves.
project.gitignore.exclude('/test/integ.*.snapshot/asset.*', '/test/integ.*.snapshot/tree.json', '/test/cdk-integ.out.*');
project.npmignore?.exclude('/integ.config.json');
project.gitattributes.addAttributes('/test/integ.*.snapshot/**', 'linguist-generated');
const integ = (name: string, description: string, ...commands: string[]) => {
  const task = project.addTask(name, { description });
  task.spawn(bundle);
  commands.forEach((command) => task.exec(command, { receiveArgs: command.startsWith('integ-runner') }));
};
integ('integ', 'Deploy the integration tests to an AWS account, assert what has to be true of them, and destroy them', 'integ-runner --force');
integ('integ:snapshot', 'Compare the integration tests\' templates with their snapshots; needs no AWS account', 'integ-runner');
integ('integ:update', 'Renew the integration tests\' snapshots; needs no AWS account',
  'find test -maxdepth 1 -name "integ.*.snapshot" -exec rm -r {} +', // to the runner a resource that goes is a failure
  'integ-runner --dry-run --update-on-failed');

project.addTask('test:newest', {
  description: 'Compile and test a copy of the repository with the newest aws-cdk-lib, constructs and cdk-nag',
  exec: 'tsx projenrc/newest.ts',
  receiveArgs: true,
});
const lintTemplate = project.addTask('lint:template', { description: 'Lint the templates of the examples and of monitors of every kind with cfn-lint' });
lintTemplate.spawn(buildLibrary);
lintTemplate.exec('tsx projenrc/lint-templates.ts');

// What the build cannot tell: it knows the oldest aws-cdk-lib alone, and has no Python.
const checks = new github.GithubWorkflow(project.github!, 'checks');
checks.on({ pullRequest: {}, workflowDispatch: {}, schedule: [{ cron: '0 5 * * 1' }] }); // a newer CDK may come without a pull request
const check = (task: string, ...tools: github.workflows.JobStep[]) => checks.addJob(task.replace(':', '-'), {
  runsOn: ['ubuntu-latest'],
  permissions: { contents: github.workflows.JobPermission.READ },
  env: { CI: 'true' },
  steps: [
    github.WorkflowSteps.checkout(),
    ...project.renderWorkflowSetup({ mutable: false }),
    ...tools,
    { name: task, run: `npm run ${task}` },
  ],
});
check('test:newest');
check('lint:template', { name: 'Install cfn-lint', run: 'pipx install cfn-lint==1.51.0' }); // newer ones may have new rules

// publib's own default is as good.
project.tryFindObjectFile('.github/workflows/release.yml')?.addDeletionOverride('jobs.release_npm.steps.9.env.NPM_REGISTRY');

project.tasks.tryFind('docgen')?.reset('tsx projenrc/docgen.ts');
project.synth();
