// Splits a stream of text into lines (NDJSON).

export class LineSplitter {
  private rest = "";

  /** Takes the next piece and returns the lines it completes, without their line feeds. */
  push(text: string): string[] {
    const pieces = (this.rest + text).split("\n");
    this.rest = pieces.pop() ?? "";
    return pieces.filter((line) => line !== "");
  }

  /** What stands after the last line feed. */
  end(): string[] {
    const last = this.rest;
    this.rest = "";
    return last === "" ? [] : [last];
  }
}
