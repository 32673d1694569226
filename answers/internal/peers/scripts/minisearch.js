// Full-text search over the facts' own texts: minisearch.js train TEXTS INDEX |
// minisearch.js ask INDEX QUESTIONS. It searches in the language of the question.
const fs = require('fs');
const MiniSearch = require('minisearch');
const lines = require('./lines');

const [what, first, second] = process.argv.slice(2);

const options = { fields: ['text'], storeFields: ['class'], searchOptions: { prefix: true, fuzzy: 0.2 } };

function train(texts, index) {
  const by = {};
  lines.read(texts).forEach((t, id) => {
    by[t.lang] ??= new MiniSearch(options);
    by[t.lang].add({ id, ...t });
  });
  fs.writeFileSync(index, JSON.stringify(by));
}

async function ask(index, questions) {
  const by = JSON.parse(fs.readFileSync(index, 'utf8'));
  for (const lang in by) by[lang] = MiniSearch.loadJS(by[lang], options);
  await lines.ask(lines.read(questions), (q) => {
    const [best] = by[q.lang].search(q.text);
    return best ? { class: best.class, score: best.score } : { class: '', score: 0 };
  });
}

(what === 'train' ? train : ask)(first, second);
