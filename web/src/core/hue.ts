// A steady colour for a name: the same container has the same hue on every page and every day.

/** How many hues the style sheet defines (`hue-0` …). */
export const HUES = 12;

/** FNV-1a over UTF-16 units, folded. */
export function hueOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index += 1) {
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  }
  return ((hash ^ (hash >>> 15)) >>> 0) % HUES;
}
