import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeskTask } from '../../shared/contracts/desk.ts';
import { choiceWords, taskWords } from './tasks-words.ts';
import { useDesk } from './view.ts';

/** What a person has to decide: what happened, the choices, and what each of them does. */
export const Tasks = ({ tasks, onShow }: { tasks: readonly DeskTask[]; onShow: (key: string) => void }) => {
  const { t } = useTranslation();
  return (
    <main className="page tasks">
      <h1>{t('desk.nav.tasks')}</h1>
      {tasks.length === 0 ? <p className="nobody">{t('desk.task.nothing')}</p> : null}
      {tasks.map((task) => (
        <Task key={task.id} task={task} onShow={onShow} />
      ))}
    </main>
  );
};

const Task = ({ task, onShow }: { task: DeskTask; onShow: (key: string) => void }) => {
  const { t } = useTranslation();
  const { client, formats, say } = useDesk();
  const [said, setSaid] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const { title, text } = taskWords(t, task, formats);
  const decide = async (how: DeskTask['choices'][number]): Promise<void> => {
    setBusy(true);
    const result = await client.call('desk.decide', { task: task.id, how });
    setBusy(false);
    if (!result.ok) setSaid(t('desk.failed'));
    else if (how === 'retry') setSaid(t('desk.task.retried'));
  };
  const who = [
    task.number ? formats.number(task.number) : null,
    task.name,
    task.service ? say(task.service) : null,
    formats.dayTime(task.at),
  ].filter((one) => one !== null);
  return (
    <article className={`task ${task.kind}`} data-task={task.id} data-type={task.type}>
      <h2>{title}</h2>
      <p className="who">{who.join(' · ')}</p>
      <p>{text}</p>
      <div className="choices">
        {task.choices.map((how, n) => {
          const words = choiceWords(t, task, how);
          return (
            <div key={how}>
              <button
                type="button"
                className={n === 0 ? 'go' : ''}
                data-action="decide"
                data-id={how}
                disabled={busy}
                onClick={() => void decide(how)}
              >
                {words.name}
              </button>
              <small>{words.effect}</small>
            </div>
          );
        })}
        {task.key === null ? null : (
          <div>
            <button type="button" data-action="show" data-id={task.key} onClick={() => onShow(task.key ?? '')}>
              {t('desk.task.show')}
            </button>
          </div>
        )}
      </div>
      <p className="said" role="status">
        {said}
      </p>
    </article>
  );
};
