// A person with an independent client asks the bot in every kind of room, and
// checks what they see. The environment says where: HOMESERVER, BOT, PASSWORD.
import * as sdk from "matrix-js-sdk";
import { OnlySignedDevicesIsolationMode } from "matrix-js-sdk/lib/crypto-api/index.js";

const say = console.log;
for (const level of ["log", "debug", "info", "warn", "error", "trace"]) console[level] = () => {}; // the library's own
const { HOMESERVER, BOT, PASSWORD } = process.env;

// login starts a client. It is cross-signed, and gives no keys to devices that
// their owners did not sign.
async function login(user) {
    const password = { type: "m.login.password", identifier: { type: "m.id.user", user }, password: PASSWORD };
    const { user_id: userId, access_token: accessToken, device_id: deviceId } =
        await sdk.createClient({ baseUrl: HOMESERVER }).loginRequest(password);
    const client = sdk.createClient({ baseUrl: HOMESERVER, userId, accessToken, deviceId });
    await client.initRustCrypto({ useIndexedDB: false });
    await client.startClient({ threadSupport: true });
    await client.getCrypto().bootstrapCrossSigning({ authUploadDeviceSigningKeys: (upload) => upload(password) });
    client.getCrypto().setDeviceIsolationMode(new OnlySignedDevicesIsolationMode());
    const seen = new Map();
    client.on("Room.timeline", (event) => seen.set(event.getId(), event));
    return { client, userId, seen };
}

async function until(what, find) {
    for (const end = Date.now() + 30_000; Date.now() < end; await new Promise((r) => setTimeout(r, 20))) {
        const found = await find();
        if (found) return found;
    }
    throw new Error(`waited in vain for ${what}`);
}

const isIn = (who, room, user) => until(`${user} to join`, () => who.client.getRoom(room)?.getMember(user)?.membership === "join");

// room makes a room with the bot and perhaps others in it. The bot comes last:
// what it says is for all who are there then.
async function room(who, encrypted, ...others) {
    const state = encrypted ? [{ type: "m.room.encryption", content: { algorithm: "m.megolm.v1.aes-sha2" } }] : [];
    const { room_id: id } = await who.client.createRoom({
        preset: "private_chat", invite: others.map((o) => o.userId), initial_state: state,
    });
    for (const o of others) await o.client.joinRoom(id);
    for (const o of others) await isIn(who, id, o.userId);
    await who.client.invite(id, BOT);
    for (const someone of [who, ...others]) await isIn(someone, id, BOT);
    if (encrypted) await until("encryption", () => who.client.getCrypto().isEncryptionEnabledInRoom(id));
    return { id, encrypted };
}

const send = async (who, where, content) =>
    (await who.client.sendEvent(where.id, null, "m.room.message", { msgtype: "m.text", ...content })).event_id;

// answer is the bot's reply to a message, decrypted if need be.
const answer = (who, where, question) => until("an answer", () => [...who.seen.values()].find((e) =>
    e.getSender() === BOT && e.getType() === "m.room.message" && e.isEncrypted() === where.encrypted &&
    e.getWireContent()["m.relates_to"]?.["m.in_reply_to"]?.event_id === question));

function check(what, ok, got) {
    if (!ok) throw new Error(`${what}: ${got}`);
    say(`ok  ${what}`);
}

const mentioned = (body) => ({ body: `Parley: ${body}`, "m.mentions": { user_ids: [BOT] } });

async function talk(alice, bob, encrypted) {
    const kind = encrypted ? "encrypted" : "plain";
    const dm = await room(alice, encrypted);
    const group = await room(alice, encrypted, bob);

    let q = await send(alice, dm, { body: "How long did the second round last?" });
    let a = await answer(alice, dm, q);
    let c = a.getContent();
    check(`${kind} direct chat: answered`, c.body.includes("72 minutes"), c.body);
    check(`${kind} direct chat: a notice with HTML that mentions the asker alone`,
        c.msgtype === "m.notice" && c.formatted_body && String(c["m.mentions"].user_ids) === alice.userId && !c["m.mentions"].room, JSON.stringify(c));

    await send(alice, dm, {
        body: "* Where was the first round held?", "m.new_content": { msgtype: "m.text", body: "Where was the first round held?" },
        "m.relates_to": { rel_type: "m.replace", event_id: q },
    });
    const edit = await until("an edit", () => [...alice.seen.values()].find((e) =>
        e.getSender() === BOT && e.getWireContent()["m.relates_to"]?.rel_type === "m.replace" && e.getWireContent()["m.relates_to"].event_id === a.getId() && e.getContent()["m.new_content"]));
    check(`${kind} direct chat: an edited question edits the answer`, edit.getContent()["m.new_content"].body.includes("Dolmabah"), JSON.stringify(edit.getContent()));

    const chat = await send(alice, group, { body: "Bob, how long did the second round last?" });
    q = await send(bob, group, mentioned("how long did the second round last?"));
    c = (await answer(bob, group, q)).getContent();
    check(`${kind} room: a mention is answered`, c.body.includes("72 minutes"), c.body);
    await answer(alice, group, q);
    check(`${kind} room: everybody there reads it`, true);
    check(`${kind} room: what is not for the bot is not answered`,
        ![...alice.seen.values()].some((e) => e.getWireContent()["m.relates_to"]?.["m.in_reply_to"]?.event_id === chat));

    q = await send(alice, group, {
        ...mentioned("and the third?"),
        "m.relates_to": { rel_type: "m.thread", event_id: chat, is_falling_back: true, "m.in_reply_to": { event_id: chat } },
    });
    a = await answer(alice, group, q);
    check(`${kind} room: a question in a thread is answered in it`, a.getWireContent()["m.relates_to"].rel_type === "m.thread" &&
        a.getWireContent()["m.relates_to"].event_id === chat, JSON.stringify(a.getWireContent()));

    q = await send(alice, group, { body: "!parley round" });
    a = await answer(alice, group, q);
    check(`${kind} room: choices are a numbered list`, a.getContent().body.includes("\n2. "), a.getContent().body);
    await alice.client.sendEvent(group.id, null, "m.reaction", { "m.relates_to": { rel_type: "m.annotation", event_id: a.getId(), key: "2️⃣" } });
    c = (await answer(alice, group, a.getId())).getContent();
    check(`${kind} room: a reaction picks one`, c.body.includes("2 June 2025"), c.body);
}

try {
    const alice = await login("alice");
    const bob = await login("bob");
    for (const encrypted of [false, true]) await talk(alice, bob, encrypted);
    for (const who of [alice, bob]) {
        // What came before a client had looked up the bot's identity is read on second sight.
        const events = [...who.seen.values()].filter((e) => e.getSender() === BOT);
        for (const e of events.filter((e) => e.isDecryptionFailure())) await e.attemptDecryption(who.client.getCrypto(), { isRetry: true });
        const bad = events.filter((e) => e.isDecryptionFailure()).map((e) => e.decryptionFailureReason);
        check(`${who.userId} could read everything`, bad.length === 0, bad);
    }
    process.exit(0);
} catch (e) {
    say(`FAILED  ${e.stack}`);
    process.exit(1);
}
