// Where rows lie in a virtual list: measured heights where known, an estimate elsewhere. Pure maths; the list
// component measures and scrolls.

export interface Slice {
  /** Absolute index of the first row to render, and one past the last. */
  start: number;
  end: number;
}

export class Heights {
  private first = 0;
  /** 0 = not measured yet. */
  private sizes: number[] = [];
  /** offsets[i] = sum of the heights before row i; one longer than `sizes`. */
  private offsets = new Float64Array(1);
  private isStale = false;
  private estimate: number;

  constructor(estimate: number) {
    this.estimate = estimate;
  }

  /** Follows the rows held now: `first..end`. */
  sync(first: number, end: number): void {
    const oldEnd = this.first + this.sizes.length;
    if (first === this.first && end === oldEnd) return;
    if (first >= oldEnd || end <= this.first) {
      this.sizes = new Array<number>(end - first).fill(0);
    } else {
      if (first > this.first) this.sizes.splice(0, first - this.first);
      else if (first < this.first) this.sizes = [...new Array<number>(this.first - first).fill(0), ...this.sizes];
      this.sizes.length = Math.min(this.sizes.length, end - first);
      while (this.sizes.length < end - first) this.sizes.push(0);
    }
    this.first = first;
    this.isStale = true;
  }

  /** Records a measured height; says whether it changed anything. */
  set(index: number, height: number): boolean {
    const at = index - this.first;
    const old = this.sizes[at];
    if (old === undefined || Math.abs((old || this.estimate) - height) < 0.01) {
      if (old === 0) this.sizes[at] = height;
      return false;
    }
    this.sizes[at] = height;
    this.isStale = true;
    return true;
  }

  /** Forgets every measurement: width or wrapping changed. */
  reset(estimate: number): void {
    this.sizes.fill(0);
    this.estimate = estimate;
    this.isStale = true;
  }

  get total(): number {
    return this.table()[this.sizes.length]!;
  }

  /** Distance of a row's top from the top of the oldest row; clamped to the rows held. */
  offsetOf(index: number): number {
    const at = Math.min(Math.max(index - this.first, 0), this.sizes.length);
    return this.table()[at]!;
  }

  /** The row at a distance from the top; clamped to the rows held. */
  indexAt(offset: number): number {
    const table = this.table();
    let low = 0;
    let high = Math.max(0, this.sizes.length - 1);
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (table[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return this.first + low;
  }

  /** The rows that meet the viewport, and `overscan` pixels around it. */
  slice(scrollTop: number, viewport: number, overscan: number): Slice {
    if (this.sizes.length === 0) return { start: this.first, end: this.first };
    return {
      start: this.indexAt(scrollTop - overscan),
      end: this.indexAt(scrollTop + viewport + overscan) + 1,
    };
  }

  private table(): Float64Array {
    if (!this.isStale) return this.offsets;
    if (this.offsets.length < this.sizes.length + 1) this.offsets = new Float64Array(this.sizes.length * 2 + 64);
    let sum = 0;
    for (let index = 0; index < this.sizes.length; index += 1) {
      this.offsets[index] = sum;
      sum += this.sizes[index] || this.estimate;
    }
    this.offsets[this.sizes.length] = sum;
    this.isStale = false;
    return this.offsets;
  }
}
