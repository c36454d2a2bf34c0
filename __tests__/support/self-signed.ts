import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SelfSigned {
  /** With these, a PostgreSQL speaks TLS. */
  readonly settings: Readonly<Record<string, string>>;
  remove(): void;
}

/** A certificate of its own signing, which Node cannot make; undefined where there is no openssl. */
export function selfSigned(): SelfSigned | undefined {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), 'tenant-ddl-tls-'));
  const [key, certificate] = [join(folder, 'server.key'), join(folder, 'server.crt')];
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'];
  execFileSync('openssl', [...request, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
  chmodSync(key, 0o600);
  // As root, the server runs as the user "postgres", and takes no key that others can read.
  if (process.getuid?.() === 0) {
    chmodSync(folder, 0o755);
    execFileSync('chown', ['postgres', key]);
  }
  return {
    settings: { ssl: 'on', ssl_cert_file: certificate, ssl_key_file: key },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
