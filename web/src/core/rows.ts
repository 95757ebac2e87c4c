// The rows the page holds, bounded by count and by size. Rows have absolute indices that never change while they are
// held: appending grows `end`, dropping the oldest grows `first`, prepending an older page shrinks `first`.

import { rowChars, type Row } from "./row";

/** Most rows held while the view follows the end: a screen shows about 50. */
export const FOLLOW_ROWS_MAX = 5_000;
/** Most rows held while somebody reads or pages back; then newer ones are counted, not kept. */
export const HELD_ROWS_MAX = 20_000;
/** Most characters held in all: lines of 1 MiB must not fill the tab. */
export const HELD_CHARS_MAX = 32 * 1024 * 1024;

export class Rows {
  /** Absolute index of the oldest row held. */
  first = 0;
  private items: Row[] = [];
  private chars = 0;

  get length(): number {
    return this.items.length;
  }

  /** One past the absolute index of the newest row held. */
  get end(): number {
    return this.first + this.items.length;
  }

  /** Whether no more can be taken without dropping. */
  get full(): boolean {
    return this.items.length >= HELD_ROWS_MAX || this.chars >= HELD_CHARS_MAX;
  }

  at(index: number): Row | undefined {
    return this.items[index - this.first];
  }

  clear(): void {
    this.first += this.items.length;
    this.items = [];
    this.chars = 0;
  }

  append(row: Row): void {
    this.items.push(row);
    this.chars += rowChars(row);
  }

  /** Puts an older page, oldest first, before what is held. */
  prepend(rows: readonly Row[]): void {
    this.items = [...rows, ...this.items];
    this.first -= rows.length;
    for (const row of rows) this.chars += rowChars(row);
  }

  /** Drops the oldest rows until `rows_max` and the bound of characters hold; says how many went. */
  trim(rowsMax: number = FOLLOW_ROWS_MAX): number {
    let count = Math.max(0, this.items.length - rowsMax);
    for (let index = 0; index < count; index += 1) this.chars -= rowChars(this.items[index]!);
    while (this.chars > HELD_CHARS_MAX && count < this.items.length - 1) {
      this.chars -= rowChars(this.items[count]!);
      count += 1;
    }
    this.items.splice(0, count);
    this.first += count;
    return count;
  }

  /** The oldest row that is a record. */
  oldestRecord(): Extract<Row, { kind: "record" }> | undefined {
    for (const row of this.items) if (row.kind === "record") return row;
    return undefined;
  }

  /** The newest row that is a record. */
  newestRecord(): Extract<Row, { kind: "record" }> | undefined {
    for (let index = this.items.length - 1; index >= 0; index -= 1) {
      const row = this.items[index]!;
      if (row.kind === "record") return row;
    }
    return undefined;
  }

  *[Symbol.iterator](): IterableIterator<Row> {
    yield* this.items;
  }
}
