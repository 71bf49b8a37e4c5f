import { registerOrchResolver } from '../../../core/parsing/resolver.ts';
import { describeOperators } from '../../../operators/index.ts';

/** Prints what the operators of a project are: `node describe-script.ts <project>`. */
const [projectDir = ''] = process.argv.slice(2);
registerOrchResolver({ projectDir });
const { operators, problems } = await describeOperators(projectDir);
const greet = operators.get('greet');
const mistakes = greet?.validate({ name: 'nobody' });
process.stdout.write(JSON.stringify({ greet, mistakes, problems: problems.map((one) => one.message) }));
