// Reads files of JSON lines, and times what is asked.
const fs = require('fs');

exports.read = (name) => fs.readFileSync(name, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));

// ask answers all questions some times over and prints the answers and the
// microseconds that one takes in the best of the passes.
exports.ask = async (questions, answer, passes = 3) => {
  let answers, micros = Infinity;
  for (let i = 0; i < passes; i++) {
    const start = process.hrtime.bigint();
    answers = [];
    for (const q of questions) answers.push(await answer(q));
    micros = Math.min(micros, Number(process.hrtime.bigint() - start) / 1000 / questions.length);
  }
  console.log(JSON.stringify({ micros, answers }));
};
