import type { OnlineOptions, RolloutProgress } from '..';
import { print, widthOf, type World } from './world';

export interface Progress<P = RolloutProgress> {
  readonly tell: (progress: P) => void;
  /** To be called before anything else is written. */
  readonly end: () => void;
}

/** Without a terminal, a line as often as this. */
const LINE_EVERY_MS = 5000;

/** On a terminal, a bar that stays in its line; elsewhere, and in CI, a line every few seconds. */
export function progressOn({ stderr, env }: World): Progress {
  return stderr.isTTY === true && !env.CI ? barOn(stderr) : linesOn(stderr);
}

function barOn(screen: World['stderr']): Progress {
  let isDrawn = false;
  return {
    tell: (progress) => {
      isDrawn = true;
      screen.write(`\r\u001b[2K${barText(progress, widthOf(screen) - 1)}`);
    },
    end: () => {
      if (isDrawn) screen.write('\n');
      isDrawn = false;
    },
  };
}

const WIDEST_BAR = 24;

/** The bar gives way to its text. */
function barText(progress: RolloutProgress, width: number): string {
  const { targets, pending } = progress;
  const text = textOf(progress);
  const room = Math.min(WIDEST_BAR, Math.max(0, width - text.length - 1));
  const part = targets === 0 ? 1 : (targets - pending) / targets;
  const full = Math.round(part * room);
  return room === 0 ? text : `${'█'.repeat(full)}${'░'.repeat(room - full)} ${text}`;
}

function linesOn(screen: World['stderr']): Progress {
  let reportedAt = -Infinity;
  return {
    tell: (progress) => {
      const now = performance.now();
      const isLast = progress.pending === 0 || progress.state !== 'running';
      if (now - reportedAt < LINE_EVERY_MS && !isLast) return;
      reportedAt = now;
      print(screen, `${progress.name}: ${textOf(progress)}`);
    },
    end: () => undefined,
  };
}

function textOf({ targets, pending, failed, perSecond, leftMs, state }: RolloutProgress): string {
  const rate = perSecond > 0 && pending > 0 ? [`${Math.round(perSecond)}/s`] : [];
  const left = leftMs !== undefined && leftMs > 0 ? [`${durationOf(leftMs)} left`] : [];
  const failures = failed > 0 ? [`${failed} failed`] : [];
  const standing = state === 'running' ? [] : [state];
  return [`${targets - pending} of ${targets}`, ...failures, ...rate, ...left, ...standing].join(', ');
}

function durationOf(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
}

type StageProgress = Parameters<NonNullable<OnlineOptions['onProgress']>>[0];

/** The stages of an online change. */
export function stageProgressOn({ stderr, env }: World): Progress<StageProgress> {
  const isBar = stderr.isTTY === true && !env.CI;
  let isDrawn = false;
  let told = '';
  return {
    tell: ({ stage, done, total }) => {
      const part = total === undefined || total === 0 ? '' : `, ${Math.round(((done ?? 0) / total) * 100)} %`;
      if (isBar) stderr.write(`\r\u001b[2K${stage}${part}`);
      else if (stage !== told) print(stderr, stage);
      isDrawn = isBar;
      told = stage;
    },
    end: () => {
      if (isDrawn) stderr.write('\n');
      isDrawn = false;
    },
  };
}
