// A FAQ bot as Telegraf's documentation shows it.
import { Telegraf } from 'telegraf';
import { message } from 'telegraf/filters';
import { train } from './faq.mjs';

const answer = await train();
const bot = new Telegraf(process.env.TOKEN, { telegram: { apiRoot: process.env.API_URL } });
bot.on(message('text'), async (ctx) => {
  await ctx.reply(await answer(ctx.message.text), { reply_parameters: { message_id: ctx.message.message_id } });
});
bot.catch((err) => console.error(err.message));
bot.launch({ allowedUpdates: ['message'] });
process.once('SIGTERM', () => { bot.stop('SIGTERM'); setTimeout(() => process.exit(0), 100); });
