// What the two Node bots have in common: questions that nlp.js is trained on.
import { createRequire } from 'node:module';
const { NlpManager } = createRequire(import.meta.url)('node-nlp');

const faq = {
  'second.length': [['How long did the second round last?', 'duration of the second round', 'length of round two'], 'A little over an hour.'],
  'russia.head': [['Who led the Russian delegation in Istanbul?', 'head of the Russian team', 'who came for Russia'], 'Vladimir Medinsky.'],
  'ukraine.head': [['Who led the Ukrainian delegation?', 'head of the Ukrainian team', 'who came for Ukraine'], 'Rustem Umerov.'],
  'prisoners.may': [['how many prisoners were exchanged in may 2025', 'exchange of prisoners in May', 'prisoners swapped in May'], 'A thousand from each side.'],
  'nato': [['What does Ukraine want on NATO?', 'NATO membership of Ukraine', 'position on NATO'], 'Membership is not given up.'],
  'next': [['When is the next meeting?', 'is a meeting planned', 'next round date'], 'None is announced.'],
  'first.place': [['Where did the first round take place?', 'venue of the first round', 'place of round one'], 'In the Dolmabahçe palace.'],
  'regions': [['What did Russia demand about the four regions?', 'Russian demands on territory', 'withdrawal from regions'], 'That Ukraine withdraws.'],
  'third.date': [['When was the third round?', 'date of the third round', 'day of round three'], 'On 23 July 2025.'],
  'bodies': [['What became of the bodies of the fallen?', 'return of bodies', 'how many bodies were returned'], 'They were returned.'],
};

export async function train() {
  const manager = new NlpManager({ languages: ['en'], autoSave: false, nlu: { log: false } });
  for (const [intent, [questions, answer]] of Object.entries(faq)) {
    for (const q of questions) manager.addDocument('en', q, intent);
    manager.addAnswer('en', intent, answer);
  }
  await manager.train();
  return async (text) => (await manager.process('en', text)).answer ?? 'I do not know.';
}
