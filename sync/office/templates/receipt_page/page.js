// The page itself: two fields, a picture where the browser reads codes, and what was found.

const SAID = {
  vi: {
    title: "Kiểm tra biên lai", code: "Chữ trong mã vuông của biên lai", photo: "Chụp mã", clear: "Xóa", check: "Kiểm tra",
    second: "So với một biên lai thứ hai cùng ngày", code2: "Chữ trong mã của biên lai thứ hai",
    made: (d) => `Theo sổ của văn phòng lúc ${d.made}, các phiên từ ${dayText(d.first_day)}. Trang không tự cập nhật; không cần mạng.`,
    how: "Quét mã bằng ứng dụng quét mã của điện thoại, chép chữ rồi dán vào đây. Chữ bắt đầu bằng DGD1:",
    howPhoto: "Bấm Chụp mã và chụp gần ô vuông trên biên lai, hoặc dán chữ của mã (bắt đầu bằng DGD1:).",
    noCode: "Không đọc được mã trong ảnh. Chụp lại gần hơn, đủ sáng, cả ô mã nằm trong ảnh.",
    number: "Số phiếu", day: "Ngày", cashIn: "Tiền mặt thu", cashOut: "Tiền mặt chi", cashNone: "Tiền mặt",
    words: "Bằng chữ", place: "Dòng sổ trên giấy", point: "Điểm giao dịch", laptop: "máy", only: "số",
    same: "So các dòng này với tờ giấy: phải giống hệt.", unchecked: "Chữ ký chưa được kiểm: đừng tin các dòng này.",
    frozen: (from) => `Văn phòng đang giữ sổ này lại: có hai nhánh từ số ${from}.`,
    revoked: (on) => `Máy này đã bị thu hồi ngày ${on}; bút toán về văn phòng trước đó.`,
    inTurn: "Biên lai trước", later: "Biên lai sau", notBelieved: "Chưa so được: một trong hai mã không có chữ ký đúng.",
    promise: (d) => `Trang do ${d.office} lập lúc ${d.made}. Mã văn phòng ${fours(d.office_id)}: hỏi văn phòng nếu nhận trang từ người khác. Trang không biết những gì về sau lúc đó, và không thay cho sổ của văn phòng.`,
  },
  en: {
    title: "Check a receipt", code: "The text in the receipt's square code", photo: "Take a picture", clear: "Clear", check: "Check",
    second: "Compare with a second receipt of that day", code2: "The text in the second receipt's code",
    made: (d) => `By the office's books at ${d.made}, sessions from ${dayText(d.first_day)}. The page does not update itself and needs no network.`,
    how: "Scan the code with the phone's scanner, copy the text and paste it here. It begins with DGD1:",
    howPhoto: "Press Take a picture and hold the phone close to the square on the receipt, or paste the code's text (it begins with DGD1:).",
    noCode: "No code could be read on the picture. Take it again closer, in good light, with the whole square in it.",
    number: "Number", day: "Day", cashIn: "Cash taken in", cashOut: "Cash paid out", cashNone: "Cash",
    words: "In words (Vietnamese)", place: "Line of the book, as on the paper", point: "Point", laptop: "laptop", only: "number",
    same: "Hold these lines against the paper: they must be the same.", unchecked: "The signature was not checked: do not believe these lines.",
    frozen: (from) => `The office holds this book back: it has two histories from ${from}.`,
    revoked: (on) => `This laptop was revoked on ${on}; the entry came in before that.`,
    inTurn: "Earlier receipt", later: "Later receipt", notBelieved: "Not compared: one of the codes has no good signature.",
    promise: (d) => `Made by ${d.office} at ${d.made}. Office id ${fours(d.office_id)}: ask the office if somebody else gave you this page. The page knows nothing of what came later and does not replace the office's books.`,
  },
};
const MARKS = { good: "M5 13l5 5L20 7", note: "M12 8v5M12 17v.1M12 3l10 18H2z", fault: "M6 6l12 12M18 6L6 18" };

const one = (id) => document.getElementById(id);
const directory = JSON.parse(one("directory").textContent);
let language = "vi";
let verifies = null;
let asked = 0;

const dayText = (day) => day.split("-").reverse().join("/");
const fours = (text) => text.toUpperCase().replace(/(.{4})(?=.)/g, "$1 ");

function made(name, { text = "", kind = "" } = {}, ...children) {
  const element = document.createElement(name);
  if (kind) element.className = kind;
  if (text) element.textContent = text;
  element.append(...children);
  return element;
}

function verdictLine(tone, text) {
  const line = made("p", { kind: `verdict ${tone}` });
  const mark = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  mark.setAttribute("viewBox", "0 0 24 24");
  mark.setAttribute("aria-hidden", "true");
  path.setAttribute("d", MARKS[tone]);
  mark.append(path);
  line.append(mark, made("span", { text }));
  return line;
}

const filled = (text, facts) => text.replace(/\{(\w+)\}/g, (_, name) => facts[name]);

function ruled(answer) {
  const [tone, , vi, en] = directory.rulings[answer.verdict];
  const text = filled(language === "vi" ? vi : en, { by: answer.undoneBy.join(", "), on: answer.on });
  const line = verdictLine(tone, text);
  line.dataset.verdict = answer.verdict;
  return line;
}

const isOurs = (answer) => directory.rulings[answer.verdict][1];

function factsOf(answer) {
  const say = SAID[language], stub = answer.stub;
  const list = made("dl");
  const fact = (label, text, kind = "") => list.append(made("div", {}, made("dt", { text: label }), made("dd", { text, kind })));
  fact(say.number, answer.number || `${say.only} ${stub.number} · ${say.laptop} ${answer.letter}`, "number");
  if (answer.book) fact(say.point, answer.book.name);
  fact(say.day, dayText(stub.day));
  fact(stub.amount > 0 ? say.cashIn : stub.amount < 0 ? say.cashOut : say.cashNone, `${figures(Math.abs(stub.amount))} đ`, "sum");
  fact(say.words, inWords(Math.abs(stub.amount)));
  fact(say.place, `${stub.number} · ${fours(stub.digest.slice(0, 8))}`);
  return list;
}

function shown(answer) {
  const say = SAID[language];
  const parts = [ruled(answer)];
  const unsure = answer.verdict === "no-check";
  if (answer.stub && (isOurs(answer) || unsure)) {
    const card = made("div", { kind: "card" }, factsOf(answer));
    const notes = made("ul");
    if (answer.on && ["genuine", "corrected", "reversed"].includes(answer.verdict)) notes.append(made("li", { text: say.revoked(answer.on) }));
    if (answer.book && answer.book.frozen) notes.append(made("li", { text: say.frozen(answer.book.frozen) }));
    if (notes.children.length) card.append(notes);
    card.append(made("p", { kind: "quiet", text: unsure ? say.unchecked : say.same }));
    parts.push(card);
  }
  return parts;
}

function compared(first, second) {
  const say = SAID[language], place = language === "vi" ? 0 : 1;
  if (!(isOurs(first) && isOurs(second))) return [verdictLine("note", say.notBelieved)];
  const found = compare(first.stub, second.stub);
  const text = filled(directory.relations[found.relation][place], {
    between: String(found.between), cash_in: figures(found.cashIn), cash_out: figures(found.cashOut),
  });
  const line = verdictLine(found.relation === "clash" ? "fault" : found.relation === "other-book" ? "note" : "good", text);
  line.dataset.relation = found.relation;
  const card = made("div", { kind: "card" }, made("dl", {},
    made("div", {}, made("dt", { text: say.inTurn }), made("dd", { text: `${found.earlier.number} · ${dayText(found.earlier.day)} · ${figures(found.earlier.amount)} đ` })),
    made("div", {}, made("dt", { text: say.later }), made("dd", { text: `${found.later.number} · ${dayText(found.later.day)} · ${figures(found.later.amount)} đ` }))));
  if (found.contradictions.length) {
    card.append(made("ul", {}, ...found.contradictions.map((name) => made("li", { text: directory.contradictions[name][place] }))));
  }
  return [line, card];
}

async function look() {
  const turn = ++asked;
  const [text, other] = [one("first").value, one("second").value];
  verifies ??= await canVerify();
  const first = text.trim() ? await judge(directory, text, verifies) : null;
  const second = other.trim() ? await judge(directory, other, verifies) : null;
  // Whoever typed on has asked again.
  if (turn !== asked) return;
  one("answer").replaceChildren(...(first ? shown(first) : []));
  const beside = second ? [...shown(second), ...(first ? compared(first, second) : [])] : [];
  one("both").replaceChildren(...beside);
}

function told() {
  const say = SAID[language];
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-say]")) element.textContent = say[element.dataset.say];
  one("language").textContent = language === "vi" ? "English" : "Tiếng Việt";
  one("language").lang = language === "vi" ? "en" : "vi";
  one("made").textContent = say.made(directory);
  one("how").textContent = one("photo").hidden ? say.how : say.howPhoto;
  one("promise").textContent = say.promise(directory);
  const [, , vi, en] = directory.rulings["no-check"];
  one("unable").textContent = language === "vi" ? vi : en;
}

async function pictureTaken(file) {
  if (!file) return;
  let texts = [];
  try {
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    texts = (await detector.detect(await createImageBitmap(file))).map((found) => found.rawValue);
  } catch {
    // A file that is no picture reads as one without a code.
  }
  const ours = [...new Set(texts.filter((text) => text.startsWith(PREFIX) || isUnsigned(text) || isTraining(text)))];
  const [first, second] = ours.length ? ours : texts;
  if (!first) {
    one("answer").replaceChildren(verdictLine("note", SAID[language].noCode));
    return;
  }
  one("first").value = first;
  if (second) {
    one("second").value = second;
    one("more").open = true;
  }
  await look();
}

async function begin() {
  const formats = "BarcodeDetector" in globalThis ? await BarcodeDetector.getSupportedFormats().catch(() => []) : [];
  one("photo").hidden = !formats.includes("qr_code");
  verifies = await canVerify();
  one("unable").hidden = verifies;
  told();
  one("check").addEventListener("click", look);
  for (const name of ["first", "second"]) one(name).addEventListener("input", look);
  one("clear").addEventListener("click", () => {
    one("first").value = one("second").value = "";
    one("first").focus();
    return look();
  });
  one("language").addEventListener("click", () => {
    language = language === "vi" ? "en" : "vi";
    told();
    return look();
  });
  one("picture").addEventListener("change", async (event) => {
    await pictureTaken(event.target.files[0]);
    event.target.value = "";
  });
}

begin();
