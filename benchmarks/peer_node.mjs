// openai-node as a contestant: the protocol of worker.py in another language.
// Run with NODE_PATH-free resolution: this file is copied beside node_modules by peers.py.
import readline from "node:readline";
import OpenAI from "openai";

let client;

async function responses(job) {
  let events = 0;
  const text = [];
  const stream = await client.responses.create({ model: job.model, input: "Tell me.", stream: true });
  for await (const event of stream) {
    events += 1;
    if (event.type === "response.output_text.delta") text.push(event.delta);
  }
  return { events, characters: [...text.join("")].length };
}

async function chat(job) {
  let events = 0;
  const text = [];
  const messages = [{ role: "user", content: "Tell me something long." }];
  const stream = await client.chat.completions.create({ model: job.model, messages, stream: true });
  for await (const chunk of stream) {
    events += 1;
    const piece = chunk.choices[0]?.delta?.content;
    if (piece) text.push(piece);
  }
  return { events, characters: [...text.join("")].length };
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  const job = JSON.parse(line);
  client ??= new OpenAI({ apiKey: "sk-bench", baseURL: job.url + "/v1" });
  if (global.gc) global.gc();
  const before = process.cpuUsage();
  const start = performance.now();
  const seen = job.dialect === "responses" ? await responses(job) : await chat(job);
  const wall = (performance.now() - start) / 1000;
  const used = process.cpuUsage(before);
  console.log(JSON.stringify({ cpu: (used.user + used.system) / 1e6, wall, ...seen }));
}
