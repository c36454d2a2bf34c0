// The server under test of the project `citus`. Each file has an environment of its own: other projects keep theirs.
if (process.env.CITUS_URL) process.env.DATABASE_URL = process.env.CITUS_URL;
