/** As in package.json. A rollout is written down with it, since another version may plan the same change in another way. */
export const LIBRARY_VERSION = '1.0.0';
