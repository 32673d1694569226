// A FAQ bot as grammY's documentation shows it; with RUNNER=1 by its runner.
import { Bot } from 'grammy';
import { run, sequentialize } from '@grammyjs/runner';
import { train } from './faq.mjs';

const answer = await train();
const bot = new Bot(process.env.TOKEN, { client: { apiRoot: process.env.API_URL } });
if (process.env.RUNNER) bot.use(sequentialize((ctx) => String(ctx.chat?.id)));
bot.on('message:text', async (ctx) => {
  await ctx.reply(await answer(ctx.message.text), { reply_parameters: { message_id: ctx.message.message_id } });
});
bot.catch((err) => console.error(err.message));
const stop = process.env.RUNNER ? run(bot) : (bot.start({ allowed_updates: ['message'] }), bot);
process.once('SIGTERM', () => { stop.stop(); setTimeout(() => process.exit(0), 100); });
