// What cdk-nag says of templates: its packs AwsSolutions and Serverless on constructs that CfnInclude makes of them.
//
// Asked once for all. In: a list of template files on the standard input. Out: for each the rules with the logical ids
// that break them, or {error}.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const [modules] = process.argv.slice(2);
const require = createRequire(join(modules, 'x.js'));
const { App, Stack, cloudformation_include } = require('aws-cdk-lib');
const { AwsSolutionsChecks, ServerlessChecks } = require('cdk-nag');

const results = {};
for (const file of JSON.parse(readFileSync(0, 'utf8'))) {
  try {
    const stack = new Stack(new App(), 'S');
    const include = new cloudformation_include.CfnInclude(stack, 'T', { templateFile: file, allowCyclicalReferences: true });
    const reports = [new AwsSolutionsChecks(), new ServerlessChecks()].map((pack) => pack.validateScope(include));
    const rows = reports.flatMap(({ violations }) =>
      violations.flatMap(({ ruleName, violatingResources }) =>
        violatingResources.map(({ constructPath }) => [ruleName, constructPath.split('/').pop()]),
      ),
    );
    results[file] = rows;
  } catch (error) {
    results[file] = { error: String(error.message).split('\n')[0] };
  }
}
console.log(JSON.stringify(results));
