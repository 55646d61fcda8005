// What was predicted: the confusion matrix, the most confident mistakes; and the first layer's filters.

const SPLITS = { training: "training", validation: "validation", test: "test" };

/** Up to so many classes have their numbers and names written out. */
const WRITTEN = 20;

/** Shades of the confusion matrix. */
const SHADES = 10;

const nameOf = (record, index) => record.run?.class_names?.[index] ?? String(index);

/** The confusion matrix: rows are true classes, columns those predicted; shades are shares of a row. */
class Confusion {
  constructor(record) {
    const { confusion } = record.summary;
    const sums = confusion.map((row) => row.reduce((sum, count) => sum + count, 0));
    Object.assign(this, { record, confusion, sums, classes: confusion.length });
    this.node = html("div", { class: "plot" });
    this.readout = new Readout(this.node);
    whenSized(this.node, (width) => this.draw(width));
    followPointer(this.node, (x, y) => this.readAt(x, y), () => this.clear());
  }

  draw(width) {
    const few = this.classes <= WRITTEN;
    const longest = Math.max(...Array.from({ length: this.classes }, (_, i) => nameOf(this.record, i).length));
    const left = 26 + Math.min(110, 6.5 * (few ? longest : 4));
    const below = (few && longest > 4 ? Math.min(80, 5 * longest) : 14) + 24;
    const side = Math.min(width - left - 6, 560);
    Object.assign(this, { left, top: 4, cell: side / this.classes });
    const id = freshId();
    const right = this.confusion.reduce((sum, row, i) => sum + (row[i] ?? 0), 0);
    const total = this.sums.reduce((sum, count) => sum + count, 0);
    const drawing = svg("svg", { viewBox: `0 0 ${width} ${side + below + 8}`, height: side + below + 8, role: "img",
      "aria-labelledby": `${id}t ${id}d` },
      svg("title", { id: `${id}t` }, "Confusion matrix"),
      svg("desc", { id: `${id}d` }, `${right} of ${total} images were classified rightly.`),
      ...this.shades(), ...(few && this.cell >= 22 ? this.numbers() : []), ...this.names(side, few, longest),
      svg("rect", { x: left, y: this.top, width: side, height: side, fill: "none", stroke: "var(--soft)", "stroke-width": 1 }),
      svg("text", { class: "axis-title", x: left + side / 2, y: side + below + 2, "text-anchor": "middle" }, "predicted class"),
      svg("text", { class: "axis-title", transform: `translate(12 ${this.top + side / 2}) rotate(-90)`, "text-anchor": "middle" }, "true class"));
    this.cursor = svg("g");
    drawing.append(this.cursor);
    this.node.querySelector(":scope > svg")?.remove();
    this.node.prepend(drawing);
  }

  /** The share of a row that a cell is. */
  share(row, column) {
    return this.sums[row] > 0 ? (this.confusion[row][column] ?? 0) / this.sums[row] : 0;
  }

  /** A cell's shade; small shares can be told from none. */
  shade(row, column) {
    return Math.ceil(SHADES * Math.sqrt(this.share(row, column)));
  }

  /** Cells of one colour are one path: there may be a million of them. */
  shades() {
    const paths = new Map();
    const size = Math.max(this.cell - (this.cell > 8 ? 1 : 0), 0.5).toFixed(2);
    this.confusion.forEach((counts, row) => counts.forEach((count, column) => {
      if (count === 0) return;
      const key = `${row === column ? "--blue" : "--red"} ${this.shade(row, column)}`;
      const place = `${(this.left + column * this.cell).toFixed(2)},${(this.top + row * this.cell).toFixed(2)}`;
      paths.set(key, `${paths.get(key) ?? ""}M${place}h${size}v${size}h-${size}z`);
    }));
    return [...paths].map(([key, d]) => {
      const [color, shade] = key.split(" ");
      return svg("path", { d, fill: `var(${color})`, "fill-opacity": (0.06 + (0.88 * shade) / SHADES).toFixed(2) });
    });
  }

  numbers() {
    return this.confusion.flatMap((counts, row) => counts.map((count, column) => {
      if (count === 0) return null;
      const strong = this.shade(row, column) > 0.62 * SHADES;
      return svg("text", { x: this.left + (column + 0.5) * this.cell, y: this.top + (row + 0.5) * this.cell + 4, "text-anchor": "middle",
        style: `fill: var(${strong ? "--paper" : "--ink"}); font-size: ${this.cell < 30 ? 9 : 11}px` }, String(count));
    }));
  }

  names(side, few, longest) {
    const step = few ? 1 : tickStep(this.classes, 8);
    const shown = Array.from({ length: this.classes }, (_, i) => i).filter((i) => i % step === 0);
    const word = (i) => (few ? nameOf(this.record, i) : String(i));
    const middle = (i) => (i + 0.5) * this.cell;
    const turned = few && longest > 4;
    return shown.flatMap((i) => {
      const [x, y] = [this.left + middle(i), this.top + side + 14];
      const below = turned
        ? { transform: `translate(${x + 4} ${y - 4}) rotate(-40)`, "text-anchor": "end" }
        : { x, y, "text-anchor": "middle" };
      return [
        svg("text", { x: this.left - 6, y: this.top + middle(i) + 4, "text-anchor": "end" }, word(i)),
        svg("text", below, word(i))];
    });
  }

  readAt(x, y) {
    const [column, row] = [Math.floor((x - this.left) / this.cell), Math.floor((y - this.top) / this.cell)];
    const count = this.confusion[row]?.[column];
    if (count === undefined) return this.clear();
    this.cursor.replaceChildren(svg("rect", { x: this.left + column * this.cell - 0.5, y: this.top + row * this.cell - 0.5,
      width: this.cell, height: this.cell, fill: "none", stroke: "var(--ink)", "stroke-width": 1.5 }));
    const [truth, taken] = [nameOf(this.record, row), nameOf(this.record, column)];
    const title = row === column ? `${truth}, seen as such` : `${truth}, taken for ${taken}`;
    this.readout.show(x, y, title, [{ text: `${count} of ${this.sums[row]} images (${percent(this.share(row, column))})` }]);
  }

  clear() {
    this.cursor?.replaceChildren();
    this.readout.hide();
  }
}

function confusionFigure(record) {
  const confusion = record.summary?.confusion ?? [];
  if (confusion.length === 0) return null;
  return figure({
    title: "Confusion matrix",
    caption: `Of the ${SPLITS[record.summary.split]} images: rows are true classes, columns the predictions; shades are shares of a row.`,
  }, new Confusion(record).node);
}

function mistakesFigure(record) {
  const mistakes = record.summary?.mistakes ?? [];
  if (mistakes.length === 0) return null;
  const entries = mistakes.map(({ image, index, label, predicted, probability }) => {
    const [truth, taken] = [nameOf(record, label), nameOf(record, predicted)];
    const sure = percent(num(probability));
    const alt = `Image ${index}: ${truth}, taken for ${taken}`;
    return html("li", {},
      html("img", { src: `data:image/png;base64,${image}`, alt, loading: "lazy" }),
      html("p", {}, `${truth} `, html("span", { class: "taken" }, `→ ${taken}`), html("br"),
        html("span", { class: "at" }, `${sure}, no. ${index}`)));
  });
  return figure({
    title: "Most confident mistakes",
    caption: `Of the ${SPLITS[record.summary.split]} images: the true class, what it was taken for, how probable that seemed, and its number. Wrong labels are often among them.`,
  }, html("ul", { class: "mistakes" }, ...entries));
}

function filtersFigure({ summary }) {
  if (!summary?.filters) return null;
  const { layer, picture } = summary.filters;
  const image = html("img", { class: "filters", src: `data:image/png;base64,${picture}`, alt: `The filters of ${layer}` });
  return figure({
    title: `Filters of ${layer}`,
    caption: "Grey is 0. Smooth, varied filters are a good sign; noise means too little training or regularization, or too high a learning rate.",
  }, image);
}
