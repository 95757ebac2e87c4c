// Server-sent events from a byte stream's text, per the WHATWG standard: fields, comments, three line ends.
// The page reads the tail with fetch and this parser, not with EventSource: that one hides the server's error text,
// cannot carry a token, and leaves for good on some failures (see web/README.md).

export interface ServerEvent {
  /** `message` unless the server named it. */
  event: string;
  data: string;
  /** The last id seen so far on the stream, as the standard has it. */
  id: string;
}

/** Longest line the parser keeps: a record of 1 MiB, every byte escaped to six, and its metadata. */
const LINE_CHARS_MAX = 8 * 1024 * 1024;

export class EventParser {
  private rest = "";
  private event = "";
  private data: string[] = [];
  private id = "";
  private afterCr = false;

  /** Takes the next piece of the stream and returns the events that it completes. */
  push(text: string): ServerEvent[] {
    const events: ServerEvent[] = [];
    let start = 0;
    if (this.afterCr && text.startsWith("\n")) start = 1;
    if (text.length > 0) this.afterCr = false;
    const end = /\r\n|\n|\r/g;
    end.lastIndex = start;
    for (let match = end.exec(text); match; match = end.exec(text)) {
      this.line(this.rest + text.slice(start, match.index), events);
      this.rest = "";
      start = match.index + match[0].length;
      this.afterCr = match[0] === "\r" && start === text.length;
    }
    this.rest += text.slice(start);
    if (this.rest.length > LINE_CHARS_MAX) throw new Error("a line of the event stream is too long");
    return events;
  }

  private line(line: string, events: ServerEvent[]): void {
    if (line === "") {
      if (this.data.length > 0) {
        events.push({ event: this.event || "message", data: this.data.join("\n"), id: this.id });
      }
      this.event = "";
      this.data = [];
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    let value = colon < 0 ? "" : line.slice(colon + 1);
    if (value.startsWith(" ")) value = value.slice(1);
    if (field === "event") this.event = value;
    else if (field === "data") this.data.push(value);
    else if (field === "id" && !value.includes("\0")) this.id = value;
  }
}
