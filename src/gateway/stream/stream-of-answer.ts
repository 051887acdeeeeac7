import { type Answer, type AnswerStream, answerText } from "../answer.ts";
import type { EventSink } from "./event-sink.ts";
import type { StreamTerms } from "./stream-terms.ts";

const NOTHING_TO_DO = { onGone: () => {}, onTimeUp: () => {} };

/** An answer that is there already, as a stream of one message, for who takes no other form. */
export function streamOfAnswer(answer: Answer, terms: StreamTerms): AnswerStream {
  const open = (sink: EventSink) => {
    void Promise.resolve(answerText(answer)).then((data) => {
      sink.send({ data });
      sink.close();
    }, sink.close);
    return NOTHING_TO_DO;
  };
  return {
    kind: "stream",
    settled: Promise.resolve(answer),
    open,
    terms,
    ...(answer.sessionId === undefined ? {} : { sessionId: answer.sessionId }),
  };
}
