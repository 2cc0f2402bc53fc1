// A link that holds ratings in its fragment, which browsers keep to themselves: rows of
// [id, title, rating] as JSON, compressed, in base64 with the two characters that addresses allow.

const PREFIX = "#taste=1.";
const LONGEST = 1 << 20; // characters that a link may unpack to
const MOST_ROWS = 2500;
const LONGEST_TITLE = 500;
const MARKS = ["no", "seen", "want"];

async function passed(bytes, through) {
  const reader = new Blob([bytes]).stream().pipeThrough(through).getReader();
  const parts = [];
  let size = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push(part.value);
    size += part.value.length;
    if (size > LONGEST) throw new Error("the link holds too much");
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

export async function linkOf(rows) {
  const text = new TextEncoder().encode(JSON.stringify(rows));
  const packed = await passed(text, new CompressionStream("deflate-raw"));
  const letters = btoa(Array.from(packed, (byte) => String.fromCharCode(byte)).join(""));
  const plain = letters.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return location.origin + location.pathname + PREFIX + plain;
}

export const isLink = (fragment) => fragment.startsWith("#taste=");

export async function rowsOf(fragment, highest) {
  if (!fragment.startsWith(PREFIX)) throw new Error("another kind of link");
  const letters = fragment.slice(PREFIX.length).replaceAll("-", "+").replaceAll("_", "/");
  const packed = Uint8Array.from(atob(letters), (letter) => letter.charCodeAt(0));
  const text = await passed(packed, new DecompressionStream("deflate-raw"));
  return checked(JSON.parse(new TextDecoder().decode(text)), highest);
}

// What is stored and what a link holds is sent to the server only in this form.
export function checked(rows, highest) {
  const isRow = (row) => Array.isArray(row) && row.length === 3 && row.every((cell) => typeof cell === "string");
  const isValue = (value) => MARKS.includes(value) || (value.trim() !== "" && value >= 0 && +value <= highest);
  const isRight = ([id, title, value]) => id && id.length <= LONGEST_TITLE && title.length <= LONGEST_TITLE && isValue(value);
  return rows.filter((row) => isRow(row) && isRight(row)).slice(0, MOST_ROWS);
}
