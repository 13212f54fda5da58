import { awscdk, github, javascript, JsonFile } from 'projen';

const AUTHOR = { name: 'cdk-athena-session-monitor contributors', email: 'maintainers@users.noreply.github.com', organization: true };
const REPOSITORY = 'https://github.com/cdk-athena-session-monitor/cdk-athena-session-monitor.git';
const LICENSE = 'Apache-2.0';

const project = new awscdk.AwsCdkConstructLibrary({
  name: 'cdk-athena-session-monitor',
  description: 'CloudWatch metrics and alarms for the sessions of Amazon Athena for Apache Spark',
  author: AUTHOR.name,
  authorAddress: AUTHOR.email,
  authorOrganization: AUTHOR.organization,
  repositoryUrl: REPOSITORY,
  keywords: ['athena', 'spark', 'cloudwatch', 'monitoring', 'alarms', 'sessions'],
  license: LICENSE,
  copyrightOwner: AUTHOR.name,
  defaultReleaseBranch: 'main',
  packageManager: javascript.NodePackageManager.NPM,
  projenrcTs: true,
  sampleCode: false,
  lambdaAutoDiscover: false, // only the construct uses the collector; projenrc/bundle.ts builds its asset

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

  bumpPackage: 'commit-and-tag-version@^12', // 13 needs a newer Node than the oldest supported one

  // Snapshots must be updated deliberately: npx jest -u
  jestOptions: {
    updateSnapshot: javascript.UpdateSnapshot.NEVER,
    jestConfig: {
      collectCoverage: false,
      testTimeout: 300_000, // slow machines must not fail
      maxWorkers: '100%', // many tests wait for a simulated Athena; the default leaves one of two cores idle
      modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/examples/'],
    },
    extraCliOptions: ['--json', '--outputFile=test-reports/jest.json'],
  },
  eslintOptions: {
    dirs: ['src'],
    devdirs: ['test', 'command', 'rehearsal', 'bench', 'examples'],
    projectService: false,
    tsconfigPath: './tsconfig.dev.json',
    ignorePatterns: ['*.js', '*.d.ts', 'node_modules/', '*.generated.ts', 'coverage', 'cdk.out'],
  },
  devDeps: [
    '@types/node@^22',
    // The collector's only run-time library. It is bundled into the asset, so users do not install it.
    '@aws-sdk/client-athena',
    '@aws-sdk/client-eventbridge', // sends events, if a monitor has any; bundled, too
    '@aws-sdk/credential-provider-env', // the only credential provider that Lambda needs
    '@aws-sdk/credential-provider-ini', // lets the command use the credentials of one profile, and no others
    '@smithy/core', '@smithy/types', // classify the client's errors as throttling and transient ones
    '@aws-sdk/client-cloudwatch', // used by a peer in the bench
    '@aws-sdk/client-service-quotas', // lets the probe read the account's quotas
    '@aws-sdk/client-sts', // tells the command its account, and lets the probe assume a role with few permissions
    '@smithy/node-http-handler', // the client's handler, to configure it
    'esbuild', // bundles the collector and the command
    'tsx', // runs TypeScript from the command line: rehearsal, example app
    'playwright-core', // tests of the report in Chromium; it brings no browser
    'fast-check', // property-based tests
    'ajv@^8', // checks events against their JSON schema
    'cdk-monitoring-constructs', // used by a recipe
    'cdk-nag@~2.37', // 2.38.1 and later need newer constructs than the floor
    'yaml', // story files, with line numbers for their errors
    'zod', // checks story files
    'picocolors', // colors in terminals
    // Deploy and check test/integ.*.ts in an AWS account, and manage their snapshots.
    '@aws-cdk/integ-runner@^2.197',
    '@aws-cdk/integ-tests-alpha@2.214.0-alpha.0', // the newest release for the floor: the next one needs 2.236
  ],
});
// The examples import the library by its name. npm links it, as it is a dependency of a workspace.
project.package.addField('workspaces', ['command', 'examples/typescript/*', 'test/runtimes']);

// 1.13.0 was published without builds for most platforms, and npm ci requires all of them.
project.package.addPackageResolutions('unrs-resolver@1.12.2');

// The collector's asset is built before the library and published with it, so users need no bundler.
const bundle = project.addTask('bundle:collector', {
  description: 'Bundle the collector into the asset that the construct deploys',
  exec: 'tsx projenrc/bundle.ts',
});
project.preCompileTask.spawn(bundle);
project.gitignore.exclude('/assets/', 'cdk.out/', '/bench/.build/', '/bench/results.json');
project.npmignore?.include('/assets/');
// The code that runs in Lambda is in the asset. Its compiled sources are not needed.
project.npmignore?.exclude('/lib/athena/', '/lib/client-config.*', '/lib/collector/', '/lib/eventbridge/', '/lib/time.*', '/.ci/', '/bench/', '/examples/', '/rehearsal/');
project.npmignore?.exclude('/docs/*.png'); // registries load images from the repository

project.tsconfigDev.addInclude('.projenrc.ts');

// The command is a package of its own, without dependencies: npx installs only this one, and not aws-cdk-lib.
new JsonFile(project, 'command/package.json', {
  obj: {
    name: 'athena-session-monitor',
    version: '0.0.0', // that of the library when it is packed
    description: 'Shows the sessions of Amazon Athena for Apache Spark, and rehearses the alarms on them, from the command line',
    keywords: ['athena', 'aws', 'cli', 'sessions', 'spark'],
    author: AUTHOR,
    license: LICENSE,
    repository: { type: 'git', url: REPOSITORY, directory: 'command' },
    bin: { 'athena-session-monitor': 'bin/athena-session-monitor.js' },
    files: ['bin'],
    engines: { node: '>=20.12' }, // the first with util.styleText()
    publishConfig: { access: 'public' },
  },
});
const bundleCommand = project.addTask('bundle:command', {
  description: 'Bundle the command into one file',
  exec: 'tsx projenrc/bundle-command.ts',
});
const packCommand = project.addTask('package:command', { description: 'Create the npm package of the command' });
packCommand.spawn(bundleCommand);
packCommand.exec('tsx projenrc/pack-command.ts dist/command');
project.packageTask.spawn(packCommand);
project.gitignore.exclude('/command/bin/');
project.npmignore?.exclude('/command/');

// Import rules. docs/architecture.md explains them.
interface Wall {
  /** What must not be imported: patterns, or a regular expression. */
  readonly group?: string[];
  readonly regex?: string;
  readonly message: string;
  /** Exceptions that may be imported. */
  readonly allowImportNames?: string[];
}
const walls = (files: string[], ...patterns: Wall[]) => project.eslint?.addOverride({ files, rules: { 'no-restricted-imports': ['error', { patterns }] } });
const wall = (files: string[], group: string[], message: string) => walls(files, { group, message });
const LIBRARY = ['**/src', '**/src/**', '**/lib', '**/lib/**', 'cdk-athena-session-monitor'];
wall(['src/*.ts', 'src/alarms/*.ts', 'src/dashboard/*.ts', 'src/events/*.ts'], ['@aws-sdk/*', '@smithy/*', '**/athena/*', '**/collector/*', '**/eventbridge/*', '**/client-config', '**/time'], 'constructs may share only schema.ts with the code that runs in Lambda');
const CDK = ['aws-cdk-lib', 'aws-cdk-lib/*', 'constructs'];
wall(['src/collector/*.ts'], [...CDK, '@aws-sdk/*', '@smithy/*', '../*', '!../athena', '!../eventbridge', '!../schema', '!../time'],
  'code that runs in Lambda must not import CDK, and must call AWS through athena/ and eventbridge/');
wall(['src/collector/events/*.ts'], [...CDK, '@aws-sdk/*', '@smithy/*', '../../*', '!../../athena', '!../../eventbridge', '!../../schema', '!../../time'],
  'code that runs in Lambda must not import CDK, and must call AWS through athena/ and eventbridge/');
wall(['src/athena/*.ts', 'src/eventbridge/*.ts'], [...CDK, '../*', '!../client-config', '!../schema', '!../time'],
  'athena/ and eventbridge/ must import neither CDK nor the code that uses them');
wall(['src/client-config.ts'], [...CDK, './*', '!./time'], 'code that runs in Lambda must import neither CDK nor constructs');
wall(['src/schema.ts', 'src/time.ts'], ['*'], 'files that both sides share must not import anything');
// The command must stay one small file, and must not be able to change anything.
const commandAlone: Wall[] = [
  { group: [...CDK, 'cdk-athena-session-monitor'], message: 'the command must not need CDK' },
  {
    regex: '(^|/)(src|lib)(?!/(athena/.*|schema|time|collector/(census|pool|take-census|text|events/session-facts))$)($|/)',
    message: 'the command may use only athena/, schema.ts, time.ts and the parts of collector/ that count',
  },
];
walls(['command/**/*.ts'], ...commandAlone, { group: ['@aws-sdk/*', '@smithy/*'], message: 'only command/aws.ts may call AWS' });
walls(['command/aws.ts'], ...commandAlone, {
  group: ['@aws-sdk/*'],
  message: 'the command may make only these calls, and those of src/athena/',
  allowImportNames: ['AthenaClient', 'GetCallerIdentityCommand', 'STSClient', 'fromEnv', 'fromIni'],
});
wall(['rehearsal/**/*.ts'], [...LIBRARY, '**/command/**'], 'the rehearsal must read only the template and the asset');
// The probe must make only calls without side effects. Tests compare its statements about the collector with the bundle.
const probeAlone: Wall[] = [
  { group: [...CDK, 'cdk-athena-session-monitor'], message: 'the command must not need CDK' },
  { group: LIBRARY, message: 'the probe must not depend on the library\'s assumptions' },
];
walls(['command/probe/**/*.ts'], ...probeAlone, {
  group: ['@aws-sdk/*', '@smithy/*'], message: 'only command/probe/aws.ts may call AWS', allowImportNames: ['SessionSummary'],
});
walls(['command/probe/aws.ts'], ...probeAlone, {
  group: ['@aws-sdk/*'],
  // GetSessionEndpoint and GetResourceDashboard read only, too, but return credentials.
  message: 'the probe may make only these calls',
  allowImportNames: [
    'AthenaClient', 'GetSessionCommand', 'ListExecutorsCommand', 'ListSessionsCommand', 'ListTagsForResourceCommand', 'ListWorkGroupsCommand',
    'ExecutorsSummary', 'GetSessionCommandOutput', 'SessionState', 'SessionSummary', 'WorkGroupSummary',
    'STSClient', 'AssumeRoleCommand', 'GetCallerIdentityCommand',
    'ServiceQuotasClient', 'ListAWSDefaultServiceQuotasCommand', 'ListServiceQuotasCommand', 'ServiceQuota',
  ],
});
// The code that runs in Lambda is bundled with its imports, and so is the command.
project.eslint?.addOverride({ files: ['command/**/*.ts'], rules: { 'import/no-extraneous-dependencies': ['error', { devDependencies: true, packageDir: ['.'] }] } });
project.eslint?.addOverride({ files: ['src/athena/*.ts', 'src/collector/*.ts', 'src/client-config.ts', 'src/eventbridge/*.ts'], rules: { 'import/no-extraneous-dependencies': ['error', { devDependencies: true }] } });

// jsii warns about the oldest supported Node. Lambda runs its own version.
project.tasks.addEnvironment('JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION', 'true');

// The rehearsal and its tests use the library like users: compiled, with its asset.
const buildLibrary = project.addTask('build:library', { description: 'Bundle the collector and compile the library' });
buildLibrary.spawn(project.preCompileTask);
buildLibrary.spawn(project.compileTask);
project.testTask.prependExec('tsx projenrc/install-chromium.ts'); // tests open the rehearsal's report
project.testTask.prependSpawn(bundleCommand);
project.testTask.prependSpawn(buildLibrary);

// npm scripts, not projen tasks: a task would build the library before --help, and turn every exit code but 0 into 1.
project.package.setScript('prerehearse', 'tsx projenrc/prerehearse.ts');
project.package.setScript('rehearse', 'node command/bin/athena-session-monitor.js rehearse rehearsal/stories'); // plays stories against the examples on this machine
project.package.setScript('bench', 'tsx bench/cli.ts'); // measures the collector against its goals and other solutions

// Integration tests: apps with assertions about their deployment. Without an AWS account, only their snapshots are tested.
new JsonFile(project, 'integ.config.json', {
  obj: { app: 'tsx {filePath}', testRegex: ['^integ\\.(?!test\\.).+\\.ts$'] },
  marker: false, // the file does not allow other fields
});
// Assets of 2 MB each, files that are not compared, and leftovers of failed runs.
project.gitignore.exclude('/test/integ.*.snapshot/asset.*', '/test/integ.*.snapshot/tree.json', '/test/cdk-integ.out.*');
project.npmignore?.exclude('/integ.config.json');
project.gitattributes.addAttributes('/test/integ.*.snapshot/**', 'linguist-generated');
const integ = (name: string, description: string, ...commands: string[]) => {
  const task = project.addTask(name, { description });
  task.spawn(bundle);
  commands.forEach((command) => task.exec(command, { receiveArgs: command.startsWith('integ-runner') }));
};
integ('integ', 'Deploy the integration tests to an AWS account, check them, and destroy them', 'integ-runner --force');
integ('integ:snapshot', 'Compare the integration tests\' templates with their snapshots; needs no AWS account', 'integ-runner');
integ('integ:update', 'Update the integration tests\' snapshots; needs no AWS account',
  'find test -maxdepth 1 -name "integ.*.snapshot" -exec rm -r {} +', // the runner fails if a resource is removed
  'integ-runner --dry-run --update-on-failed');

project.addTask('test:newest', {
  description: 'Compile and test a copy of the repository with the newest aws-cdk-lib, constructs and cdk-nag',
  exec: 'tsx projenrc/newest.ts',
  receiveArgs: true,
});
const lintTemplate = project.addTask('lint:template', { description: 'Lint the templates of the examples and of monitors of every kind with cfn-lint' });
lintTemplate.spawn(buildLibrary);
lintTemplate.exec('tsx projenrc/lint-templates.ts');

// Checks that the build does not run: it uses only the oldest aws-cdk-lib, and has no Python.
const checks = new github.GithubWorkflow(project.github!, 'checks');
checks.on({ pullRequest: {}, workflowDispatch: {}, schedule: [{ cron: '0 5 * * 1' }] }); // a newer CDK may be released between pull requests
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
check('lint:template', { name: 'Install cfn-lint', run: 'pipx install cfn-lint==1.51.0' }); // newer versions may have new rules

const release = project.tryFindObjectFile('.github/workflows/release.yml');
release?.addDeletionOverride('jobs.release_npm.steps.9.env.NPM_REGISTRY'); // publib's default is the same
// The same job publishes the command, with the same permissions.
release?.addOverride('jobs.release_npm.steps.10', {
  name: 'Release the command',
  env: {
    NPM_DIST_TAG: 'latest',
    NPM_CONFIG_PROVENANCE: 'true',
    NPM_TOKEN: '${{ secrets.NPM_TOKEN }}',
    PUBLIB_DRYRUN: '${{ inputs.dry_run }}',
  },
  run: 'npx -p publib@latest publib-npm dist.old/command',
});

project.tasks.tryFind('docgen')?.reset('tsx projenrc/docgen.ts');
project.synth();
