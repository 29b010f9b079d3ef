// The program: what `bin/sluice` and its aliases run.
import { runProgram } from './program.ts';

await runProgram(process.argv.slice(2));
