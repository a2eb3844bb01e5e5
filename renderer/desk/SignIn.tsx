import { KeyRound, LogIn, MailOpen, UserRound } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { StaffPerson } from '../../shared/contracts/desk.ts';
import { signInWords } from './card/words.ts';
import { useDesk } from './view.ts';

/** Who is it, and the PIN. The same door when it was locked: the one who locked it is chosen already. */
export const SignIn = () => {
  const { t } = useTranslation();
  const { client, staff, setStaff, system, say } = useDesk();
  const locked = staff?.phase === 'locked' ? (staff.person ?? null) : null;
  const [chosen, setChosen] = useState<StaffPerson | null>(locked);
  const [pin, setPin] = useState('');
  const [code, setCode] = useState('');
  const [asksCode, setAsksCode] = useState(false);
  const [said, setSaid] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [sealed, setSealed] = useState(false);
  const people = staff?.people ?? [];

  const enter = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if ((!chosen && !sealed) || busy) return;
    setBusy(true);
    setSaid(null);
    const same = chosen !== null && locked?.id === chosen.id;
    const result =
      sealed || !chosen
        ? await client.call('staff.emergency', { code: pin })
        : same
          ? await client.call('staff.unlock', { pin })
          : await client.call('staff.signIn', { person: chosen.id, pin, totp: asksCode ? code : null });
    setBusy(false);
    if (!result.ok) {
      setSaid(t('desk.signIn.failed'));
      return;
    }
    const { value } = result;
    if (value.outcome === 'in') {
      setStaff(value.state);
      return;
    }
    setCode('');
    if (value.outcome === 'totp-needed') setAsksCode(true);
    else {
      setPin('');
      setAsksCode(false);
    }
    setSaid(signInWords(t, value));
  };
  const back = (): void => {
    setChosen(null);
    setSealed(false);
    setPin('');
    setCode('');
    setAsksCode(false);
    setSaid(null);
  };

  return (
    <main className="door">
      <section className="door-card" aria-labelledby="door-title">
        <p className="door-office">{system?.office ? say(system.office.name) : ''}</p>
        <h1 id="door-title">{sealed ? t('desk.signIn.envelope') : chosen ? chosen.name : t('desk.signIn.who')}</h1>
        {chosen || sealed ? (
          <form onSubmit={(event) => void enter(event)}>
            {asksCode ? (
              <label>
                {t('desk.signIn.code')}
                <input
                  autoFocus
                  data-action="totp"
                  inputMode="numeric"
                  autoComplete="off"
                  maxLength={6}
                  value={code}
                  onChange={(e) => setCode(e.target.value.replaceAll(/\D/g, ''))}
                />
              </label>
            ) : (
              <label>
                {t(sealed ? 'desk.signIn.envelopeCode' : 'desk.signIn.pin')}
                <input
                  autoFocus
                  data-action="pin"
                  type="password"
                  inputMode="numeric"
                  autoComplete="off"
                  maxLength={12}
                  value={pin}
                  onChange={(e) => setPin(e.target.value.replaceAll(/\D/g, ''))}
                />
              </label>
            )}
            <p className="door-said" role="alert">
              {said}
            </p>
            <button
              type="submit"
              className="go"
              data-action="sign-in"
              disabled={busy || (asksCode ? code.length < 6 : pin.length < 4)}
            >
              {asksCode ? <KeyRound aria-hidden /> : <LogIn aria-hidden />}
              {t(chosen && locked?.id === chosen.id ? 'desk.signIn.unlock' : 'desk.signIn.enter')}
              <kbd>Enter</kbd>
            </button>
            <button type="button" data-action="somebody-else" onClick={back}>
              {t('desk.signIn.other')}
            </button>
          </form>
        ) : people.length === 0 ? (
          <p>{t('desk.signIn.nobody')}</p>
        ) : (
          <>
            <ul className="door-people">
              {people.map((person) => (
                <li key={person.id}>
                  <button type="button" data-action="person" data-id={person.id} onClick={() => setChosen(person)}>
                    <UserRound aria-hidden />
                    <b>{person.name}</b>
                    <small>{t(`desk.role.${person.role}`)}</small>
                  </button>
                </li>
              ))}
            </ul>
            {staff?.emergency ? (
              <button type="button" data-action="envelope" onClick={() => setSealed(true)}>
                <MailOpen aria-hidden />
                {t('desk.signIn.envelope')}
              </button>
            ) : null}
          </>
        )}
      </section>
    </main>
  );
};
