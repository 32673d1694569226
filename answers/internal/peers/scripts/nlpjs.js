// nlp.js: nlpjs.js train QUESTIONS MODEL | nlpjs.js ask MODEL QUESTIONS
// It is told the language of each question.
const { NlpManager } = require('node-nlp');
const lines = require('./lines');

const [what, first, second] = process.argv.slice(2);

const manager = (languages) => new NlpManager({ languages, autoSave: false, autoLoad: false, nlu: { log: false } });

async function train(questions, model) {
  const rows = lines.read(questions);
  const m = manager([...new Set(rows.map((r) => r.lang))]);
  for (const r of rows) m.addDocument(r.lang, r.text, r.class);
  await m.train();
  m.save(model);
}

async function ask(model, questions) {
  const rows = lines.read(questions);
  const m = manager([...new Set(rows.map((r) => r.lang))]);
  m.load(model);
  await lines.ask(rows, async (q) => {
    const r = await m.process(q.lang, q.text);
    return { class: r.intent === 'None' ? '' : r.intent, score: r.score };
  });
}

(what === 'train' ? train : ask)(first, second);
