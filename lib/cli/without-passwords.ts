const IN_URL = /(\b[a-z][a-z\d+.-]*:\/\/[^\s:/@]*):[^\s@]*@/gi;

/** A text without the passwords of addresses, and without those that the environment has. */
export function withoutPasswords(text: string, env: NodeJS.ProcessEnv): string {
  const masked = text.replace(IN_URL, '$1:***@');
  return [passwordIn(env.DATABASE_URL), env.PGPASSWORD]
    .filter((password) => password !== undefined && password !== '')
    .reduce<string>((shown, password) => shown.replaceAll(password as string, '***'), masked);
}

function passwordIn(url: string | undefined): string | undefined {
  const { password } = URL.canParse(url ?? '') ? new URL(url as string) : { password: '' };
  try {
    return decodeURIComponent(password);
  } catch {
    return password;
  }
}
