"use strict";
// What a receipt's code says, and what two say of each other: sync/receipt.py again, for a browser with no network.
// A stub is {book, number, day, amount, cashIn, cashOut, prev8, digest, raw}; `number` is a BigInt, bytes are
// lower-case hex, amounts are whole đồng below 2^53. Whatever is no receipt throws a Torn or a Stranger.

class Stranger extends Error {}
class Torn extends Stranger {}

const PREFIX = "DGD1:";
const LETTERS_MAX = 300;
const SIGNATURE_BYTES = 64;
const AMOUNT_MAX = 999999999999n;
const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const TRAINING_MARKS = ["TẬP HUẤN", "TRAINING"];

const hex = (bytes) => Array.from(bytes, (one) => one.toString(16).padStart(2, "0")).join("");
const fromHex = (text) => Uint8Array.from(text.match(/../g) || [], (two) => parseInt(two, 16));
const fromBase64 = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

const isTraining = (text) => TRAINING_MARKS.includes(text.normalize("NFC").trim());

function fromBase45(text) {
  const values = Array.from(text, (letter) => LETTERS.indexOf(letter));
  if (values.includes(-1) || values.length % 3 === 1) throw new Torn();
  const made = [];
  for (let start = 0; start < values.length; start += 3) {
    const three = values.slice(start, start + 3);
    const value = three.reduce((sum, one, place) => sum + one * 45 ** place, 0);
    if (value >= 256 ** (three.length - 1)) throw new Torn();
    if (three.length === 3) made.push(value >> 8);
    made.push(value & 255);
  }
  return Uint8Array.from(made);
}

// MessagePack as far as a stub needs it, and only in its shortest form: another form is another text for the same stub.
class Cursor {
  constructor(bytes) { this.bytes = bytes; this.at = 0; }

  take(count) {
    if (this.at + count > this.bytes.length) throw new Torn();
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }

  byte() { return this.take(1)[0]; }

  binary(size) {
    if (this.byte() !== 0xc4) throw new Torn();
    const count = this.byte();
    if (size !== null && count !== size) throw new Torn();
    return hex(this.take(count));
  }

  day() {
    if (this.byte() !== 0xaa) throw new Torn();
    const text = String.fromCharCode(...this.take(10));
    const found = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
    if (!found) throw new Torn();
    const [year, month, day] = found.slice(1).map(Number);
    const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
    const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > days[month - 1]) throw new Torn();
    return text;
  }

  whole(least, most) {
    const sign = this.byte();
    let value;
    if (sign <= 0x7f) value = BigInt(sign);
    else if (sign >= 0xe0) value = BigInt(sign) - 256n;
    else if (sign >= 0xcc && sign <= 0xd3) {
      const size = 1 << ((sign - 0xcc) % 4);
      value = this.take(size).reduce((sum, one) => (sum << 8n) | BigInt(one), 0n);
      const bits = BigInt(8 * size);
      if (sign < 0xd0) {
        const floor = size === 1 ? 0x7fn : (1n << (bits / 2n)) - 1n;
        if (value <= floor) throw new Torn();
      } else {
        if (value < 1n << (bits - 1n)) throw new Torn();
        value -= 1n << bits;
        const ceiling = size === 1 ? -32n : -(1n << (bits / 2n - 1n));
        if (value >= ceiling) throw new Torn();
      }
    } else throw new Torn();
    if (value < least || value > most) throw new Torn();
    return value;
  }
}

function stubOf(bytes) {
  const cursor = new Cursor(bytes);
  if (cursor.byte() !== 0x98) throw new Torn();
  const amount = () => Number(cursor.whole(-AMOUNT_MAX, AMOUNT_MAX));
  const stub = {
    book: cursor.binary(16), number: cursor.whole(0n, (1n << 63n) - 1n), day: cursor.day(),
    amount: amount(), cashIn: amount(), cashOut: amount(), prev8: cursor.binary(null), digest: cursor.binary(32),
    raw: hex(bytes),
  };
  if (cursor.at !== bytes.length) throw new Torn();
  return stub;
}

function readReceipt(text) {
  const said = text.replace(/^[ \t\r\n]+/, "").replace(/[\r\n\t]+$/, "");
  if (!said.startsWith(PREFIX)) throw new Stranger();
  if (said.length > LETTERS_MAX) throw new Torn();
  const raw = fromBase45(said.slice(PREFIX.length));
  if (raw.length <= SIGNATURE_BYTES) throw new Torn();
  const bytes = raw.slice(0, -SIGNATURE_BYTES);
  return { stub: stubOf(bytes), bytes, signature: raw.slice(-SIGNATURE_BYTES) };
}

// A code that nobody signed, of an outage of the laptop's key: the stub alone.
const UNSIGNED = "DGD1O:";
const UNSIGNED_LETTERS_MAX = 200;
const isUnsigned = (text) => text.trimStart().startsWith(UNSIGNED);

function readUnsigned(text) {
  const said = text.trimStart().replace(/[\r\n\t]+$/, "");
  if (said.length > UNSIGNED_LETTERS_MAX) throw new Torn();
  const bytes = fromBase45(said.slice(UNSIGNED.length));
  return { stub: stubOf(bytes), bytes, signature: null };
}

// Two receipts

// The float that opens a session is no turnover; an outage may stand before it.
const opens = (stub) => stub.amount > 0 && stub.cashIn === 0 && stub.cashOut === 0;
const inOf = (stub) => (opens(stub) ? 0 : Math.max(stub.amount, 0));
const outOf = (stub) => Math.max(-stub.amount, 0);

function canBe(stub) {
  const none = "0".repeat(16);
  if (stub.number === 0n || stub.cashIn < 0 || stub.cashOut < outOf(stub) || stub.prev8.length !== 16) return false;
  if (stub.number === 1n) return stub.prev8 === none;
  return stub.prev8 !== none && (stub.cashIn >= stub.amount || opens(stub));
}

function contradictions(earlier, later) {
  const found = [];
  if (!(canBe(earlier) && canBe(later))) found.push("cannot-be");
  if (earlier.day !== later.day) found.push("other-day");
  if (earlier.number === later.number) {
    if (earlier.raw !== later.raw) found.push("two-at-number");
    return found;
  }
  const cashIn = later.cashIn - inOf(later) - earlier.cashIn;
  const cashOut = later.cashOut - outOf(later) - earlier.cashOut;
  if (cashIn < 0 || cashOut < 0) found.push("totals-fall");
  if (later.number === earlier.number + 1n) {
    if (cashIn > 0 || cashOut > 0) found.push("totals-do-not-fit");
    if (later.prev8 !== earlier.digest.slice(0, 16)) found.push("not-linked");
  }
  return found;
}

function compare(first, second) {
  const before = (one, other) => {
    for (const name of ["day", "book", "number", "raw"]) {
      if (one[name] !== other[name]) return one[name] < other[name];
    }
    return true;
  };
  let [earlier, later] = before(first, second) ? [first, second] : [second, first];
  const made = (relation, more = {}) => ({
    relation, earlier, later, between: 0n, cashIn: 0, cashOut: 0, contradictions: [], ...more,
  });
  if (earlier.book !== later.book) return made("other-book");
  if (earlier.number > later.number) [earlier, later] = [later, earlier];
  const wrong = contradictions(earlier, later);
  if (wrong.length) return made("clash", { contradictions: wrong });
  if (earlier.raw === later.raw) return made("same");
  const between = later.number - earlier.number - 1n;
  if (between === 0n) return made("next");
  return made("apart", {
    between, cashIn: later.cashIn - inOf(later) - earlier.cashIn, cashOut: later.cashOut - outOf(later) - earlier.cashOut,
  });
}

// Money, as papers print it

const figures = (amount) => (amount < 0 ? "−" : "") + String(Math.abs(amount)).replace(/\B(?=(\d{3})+(?!\d))/g, ".");

const DIGITS = ["không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"];

function threeInWords(value, whole) {
  const hundreds = Math.floor(value / 100), tens = Math.floor((value % 100) / 10), ones = value % 10;
  const words = [];
  if (hundreds || whole) words.push(DIGITS[hundreds], "trăm");
  if (tens > 1) words.push(DIGITS[tens], "mươi");
  else if (tens === 1) words.push("mười");
  else if (ones && words.length) words.push("lẻ");
  if (ones === 1 && tens > 1) words.push("mốt");
  else if (ones === 5 && tens) words.push("lăm");
  else if (ones) words.push(DIGITS[ones]);
  return words;
}

function belowBillion(value, whole) {
  const words = [];
  for (const [scale, name] of [[1000000, "triệu"], [1000, "nghìn"], [1, ""]]) {
    const group = Math.floor(value / scale);
    value %= scale;
    if (!group) continue;
    words.push(...threeInWords(group, whole || words.length > 0));
    if (name) words.push(name);
  }
  return words;
}

function inWords(amount) {
  if (amount === 0) return "Không đồng";
  const billions = Math.floor(Math.abs(amount) / 1e9), rest = Math.abs(amount) % 1e9;
  const words = amount < 0 ? ["âm"] : [];
  if (billions) words.push(...belowBillion(billions, false), "tỷ");
  if (rest) words.push(...belowBillion(rest, billions > 0));
  const said = words.join(" ") + " đồng";
  return said[0].toUpperCase() + said.slice(1);
}

// The signature, and what the office's books said when the page was made

const bytesOf = (text) => new TextEncoder().encode(text);

function joined(...parts) {
  const made = new Uint8Array(parts.reduce((sum, one) => sum + one.length, 0));
  let at = 0;
  for (const one of parts) { made.set(one, at); at += one.length; }
  return made;
}

async function signatureHolds(key, message, signature) {
  const known = await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
  return crypto.subtle.verify({ name: "Ed25519" }, known, signature, message);
}

// RFC 8032, 7.1, test 2: a browser that only says it knows Ed25519 is found out before a receipt is judged by it.
async function canVerify() {
  try {
    const key = fromHex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
    const good = fromHex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
    const bad = good.map((one, place) => (place === 5 ? one ^ 1 : one));
    const message = Uint8Array.of(0x72);
    return (await signatureHolds(key, message, good)) && !(await signatureHolds(key, message, bad));
  } catch {
    return false;
  }
}

const printed = (book, number) =>
  `${book.point}-${book.day.replaceAll("-", "")}-${book.letter}-${String(number).padStart(6, "0")}`;

// {verdict, stub, number, undoneBy, on, book, believed}; `verdict` may also be a fault: "stranger" or "torn".
async function judge(directory, text, verifies) {
  const answer = { verdict: "training", stub: null, number: "", undoneBy: [], on: "", book: null, letter: "" };
  if (isTraining(text)) return answer;
  let read;
  try {
    read = isUnsigned(text) ? readUnsigned(text) : readReceipt(text);
  } catch (fault) {
    if (!(fault instanceof Stranger)) throw fault;
    return { ...answer, verdict: fault instanceof Torn ? "torn" : "stranger" };
  }
  const { stub, bytes, signature } = read;
  answer.stub = stub;
  const laptop = directory.laptops.find((one) => stub.book.startsWith(one.id));
  if (!laptop) return { ...answer, verdict: "unknown-laptop" };
  const book = directory.books.find((one) => one.book === stub.book) || null;
  Object.assign(answer, { book, on: laptop.revoked, letter: laptop.letter, number: book ? printed(book, stub.number) : "" });
  // A browser that cannot verify may lack the digests of the marks too.
  if (!verifies) return { ...answer, verdict: "no-check" };
  if (!signature) return unsignedAnswer(directory, answer, book, stub, bytes);
  if (!(await signatureHolds(fromHex(laptop.key), joined(bytesOf("dgd/entry/1\0"), bytes), signature))) {
    return { ...answer, verdict: "altered" };
  }
  return undone(answer, book, stub, await standing(directory, laptop, book, stub, bytes));
}

function undone(answer, book, stub, verdict) {
  const undoneBy = book && verdict === "reversed" ? [book.reversed[stub.number]]
    : book && verdict === "corrected" ? book.corrected[stub.number] : [];
  return { ...answer, verdict, undoneBy };
}

// Only what the books say of an outage at its number can make such a code good.
async function unsignedAnswer(directory, answer, book, stub, bytes) {
  const outside = stub.day < directory.first_day || stub.day >= directory.made_day;
  if (!book) return { ...answer, verdict: outside ? "outage-waiting" : "forged" };
  if (book.day !== stub.day) return { ...answer, verdict: "forged" };
  if (book.ends && stub.number > BigInt(book.ends)) return { ...answer, verdict: "forged" };
  if (stub.number > BigInt(book.received)) return { ...answer, verdict: book.closed ? "forged" : "outage-waiting" };
  const covered = book.gaps.some(([first, by]) => BigInt(first) <= stub.number && (!by || stub.number < BigInt(by)));
  if (!covered || stub.number <= BigInt(book.begins) || !(await marked(book, stub, bytes))) return { ...answer, verdict: "forged" };
  const verdict = undoing(book, stub);
  return undone(answer, book, stub, verdict === "genuine" ? "outage" : verdict);
}

// Whether the books have this very stub at its number.
async function marked(book, stub, bytes) {
  const mark = await crypto.subtle.digest("SHA-256", joined(bytesOf("dgd/receipt-mark/1\0"), bytes));
  const at = 8 * (Number(stub.number) - 1 - book.begins);
  book.bytes ||= fromBase64(book.marks);
  return hex(new Uint8Array(mark, 0, 8)) === hex(book.bytes.subarray(at, at + 8));
}

const undoing = (book, stub) =>
  (book.reversed[stub.number] ? "reversed" : book.corrected[stub.number] ? "corrected" : "genuine");

async function standing(directory, laptop, book, stub, bytes) {
  if (book && stub.number > BigInt(book.begins) && stub.number <= BigInt(book.received)) {
    return (await marked(book, stub, bytes)) ? undoing(book, stub) : "other-history";
  }
  if (!book && stub.day < directory.first_day) return "before-page";
  if (laptop.revoked) return "revoked";
  if (!book) return stub.day >= directory.made_day ? "after-page" : "no-session";
  if (book.day !== stub.day) return "no-session";
  if (book.ends && stub.number > BigInt(book.ends)) return "other-history";
  if (book.last && compare(stubOf(fromBase64(book.last)), stub).relation === "clash") return "other-history";
  return "not-received";
}
