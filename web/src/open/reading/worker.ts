/**
 * Parses what a stranger wrote, away from the page: a text that keeps a grammar busy for ever costs this worker its life and nothing else.
 * Loaded when a text is first formatted or coloured. No key and nothing of the vault is here.
 */
import { highlight } from './highlight';
import { formatted } from './markdown';
import type { Answer, Question } from './tree';

function answer(question: Question): Answer {
  if (question.kind === 'markdown') return { kind: 'markdown', pieces: formatted(question.text) };
  return { kind: 'highlight', runs: highlight(question.text, question.language) };
}

self.onmessage = (event: MessageEvent<Question>): void => self.postMessage(answer(event.data));
