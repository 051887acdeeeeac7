import { expect, test } from "bun:test";
import { type Asker, canceledIdText, OpenQuestions, serverRequest } from "./open-questions.ts";
import type { Question, QuestionReply } from "./upstream.ts";

/** Questions whose replies a test gives one by one. */
function setup() {
  const questions = new OpenQuestions();
  const asked: { question: Question; reply: (reply: QuestionReply) => void }[] = [];
  const sent: string[] = [];
  const asker: Asker = (question) => {
    const { promise, resolve } = Promise.withResolvers<QuestionReply>();
    asked.push({ question, reply: resolve });
    return promise;
  };
  const ask = (idText: string) =>
    questions.ask({ idText, method: "roots/list", paramsText: undefined }, asker, (message) => sent.push(message));
  return { questions, asked, sent, ask };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("a reply goes back under the server's id as it wrote it, results and errors alike", async () => {
  const { asked, sent, ask, questions } = setup();
  ask("12345678901234567890");
  ask(String.raw`"\u0041"`);
  asked[1]?.reply({ errorText: '{"code":-1,"message":"no"}' });
  asked[0]?.reply({ resultText: '{"roots":[],"n":1.0}' });
  await settled();
  expect(sent).toEqual([
    String.raw`{"jsonrpc":"2.0","id":"\u0041","error":{"code":-1,"message":"no"}}`,
    '{"jsonrpc":"2.0","id":12345678901234567890,"result":{"roots":[],"n":1.0}}',
  ]);
  expect(questions.size).toBe(0);
});

test("a question that is taken back tells who was asked, and its late reply goes nowhere", async () => {
  const { questions, asked, sent, ask } = setup();
  ask("1");
  questions.cancel("2");
  expect(asked[0]?.question.signal?.aborted).toBe(false);
  questions.cancel("1");
  expect(asked[0]?.question.signal?.aborted).toBe(true);
  asked[0]?.reply({ resultText: "{}" });
  await settled();
  expect(sent).toEqual([]);
  expect(questions.size).toBe(0);
});

test("the end of a session ends its questions", async () => {
  const { questions, asked, sent, ask } = setup();
  for (const id of ["1", "2"]) ask(id);
  questions.end();
  expect(asked.map(({ question }) => question.signal?.aborted)).toEqual([true, true]);
  expect(questions.size).toBe(0);
  expect(sent).toEqual([]);
});

test("one that floods with questions, or repeats an id, is refused", () => {
  const { asked, sent, ask } = setup();
  for (let id = 0; id < 200; id += 1) ask(String(id));
  ask("3");
  expect(asked).toHaveLength(64);
  expect(sent).toHaveLength(137);
  expect(JSON.parse(sent.at(-1) ?? "")).toMatchObject({ id: 3, error: { code: -32603 } });
});

test("the texts of a request are those of the message, wherever they stand in it", () => {
  const text = '{"params":{"a":1.0},"id":"x","method":"roots/list","jsonrpc":"2.0"}';
  expect(serverRequest(text, "roots/list")).toEqual({ idText: '"x"', method: "roots/list", paramsText: '{"a":1.0}' });
  expect(serverRequest('{"id":7,"method":"m"}', "m")).toEqual({ idText: "7", method: "m", paramsText: undefined });
  expect(canceledIdText('{"method":"notifications/cancelled","params":{"requestId":12345678901234567890}}')).toBe("12345678901234567890");
  expect(canceledIdText('{"method":"notifications/cancelled"}')).toBe("");
});
