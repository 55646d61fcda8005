// Elements, numbers as words, and the frame of a figure.

/** The colours of series, in the order in which they are taken. */
const COLORS = ["--blue", "--red", "--green", "--violet", "--ochre", "--teal"].map((name) => `var(${name})`);

/** An element with attributes and children; text becomes a text node, so that words of the record stay words. */
function element(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}
const html = (tag, attributes = {}, ...children) => element(document.createElement(tag), attributes, children);
const svg = (tag, attributes = {}, ...children) =>
  element(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

/** A number of the record: one that is not finite is written as a word. */
const num = (value) => (value === null || value === undefined ? NaN : Number(value));

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const superscript = (exponent) =>
  String(exponent).replace("-", "⁻").replace(/\d/g, (digit) => SUPERSCRIPTS[digit]);

/** A number in about four digits. */
function show(value, digits = 4) {
  if (Number.isNaN(value)) return "not a number";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e6) {
    return value.toLocaleString("en", { maximumSignificantDigits: digits }).replace("-", "−");
  }
  const exponent = Math.floor(Math.log10(size) + 1e-12);
  const mantissa = Number((value / 10 ** exponent).toPrecision(digits));
  const power = `10${superscript(exponent)}`;
  return mantissa === 1 ? power : `${String(mantissa).replace("-", "−")}·${power}`;
}
const count = (value) => Number(value).toLocaleString("en");
const percent = (share, digits = 1) => (Number.isFinite(share) ? `${(100 * share).toFixed(digits)} %` : show(share));

let figures = 0;
let names = 0;
const freshId = () => `n${(names += 1)}`;

/** A numbered figure: what stands above it, what it shows, its caption. */
function figure({ title, caption, head = [], wide = false }, body) {
  figures += 1;
  const words = html("figcaption", {}, html("b", {}, `Figure ${figures}. ${title}.`), ` ${caption}`);
  return html("figure", { class: wide ? "wide" : null }, html("div", { class: "head" }, ...head), body, words);
}

/** A choice of one of several words, at first `now`; `chosen` is called with the word. */
function choice(legend, words, now, chosen) {
  const name = freshId();
  const options = words.map((word) =>
    html("label", {}, html("input", { type: "radio", name, value: word, checked: word === now }), word));
  const field = html("fieldset", { class: "switch" }, html("legend", {}, legend), ...options);
  field.addEventListener("change", (event) => chosen(event.target.value));
  return field;
}

/** Calls `draw` with the width of an element now and whenever that changes. */
function whenSized(node, draw) {
  let before = 0;
  const resized = () => {
    const width = Math.round(node.clientWidth);
    if (width > 0 && width !== before) draw((before = width));
  };
  // Not within the observer, which would see the height change that a drawing brings; and not only by it, since it waits for a
  // frame, which a page in the background does not get.
  new ResizeObserver(() => setTimeout(resized)).observe(node);
  setTimeout(resized);
}

/** The box beside the pointer that says what is under it. */
class Readout {
  constructor(parent) {
    this.box = html("div", { class: "readout", hidden: true, "aria-live": "polite" });
    this.parent = parent;
    parent.append(this.box);
  }

  /** Shows lines, each of a text and perhaps a colour, at a place of the parent. */
  show(x, y, title, lines) {
    const rows = lines.map(({ text, color }) =>
      html("div", {}, color ? html("i", { style: `background: ${color}` }) : null, text));
    this.box.replaceChildren(html("b", {}, title), ...rows);
    this.box.hidden = false;
    const { offsetWidth: width, offsetHeight: height } = this.box;
    const room = this.parent.clientWidth;
    const left = x + 14 + width <= room ? x + 14 : x - 14 - width;
    this.box.style.left = `${Math.max(0, Math.min(left, room - width))}px`;
    this.box.style.top = `${Math.max(0, y - height / 2)}px`;
  }

  hide() {
    this.box.hidden = true;
  }
}

/** Tells `moved` where the pointer is in an element, and `left` when it is not. */
function followPointer(node, moved, left) {
  const at = (event) => {
    const box = node.getBoundingClientRect();
    moved(event.clientX - box.left, event.clientY - box.top);
  };
  node.addEventListener("pointermove", at);
  node.addEventListener("pointerdown", at);
  node.addEventListener("pointerleave", left);
}
