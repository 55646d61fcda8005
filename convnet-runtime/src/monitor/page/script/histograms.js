// Histograms by layer: a panel each, in which epochs stand above one another, the latest in front.

/** Epochs in a panel. */
const RIDGES = 7;

/** The kinds of histograms: where they are, and what their numbers are. */
const KINDS = {
  activations: { parts: (epoch) => epoch.layers, of: (layer) => layer.activation, unit: "activation" },
  weights: { parts: (epoch) => epoch.tensors, of: (tensor) => tensor.weights, unit: "weight" },
  gradients: { parts: (epoch) => epoch.tensors, of: (tensor) => tensor.gradient, unit: "gradient" },
};

/** Some of a list, at about equal distances, with its ends. */
function spread(list, most) {
  if (list.length <= most) return list;
  return Array.from({ length: most }, (_, i) => list[Math.round((i * (list.length - 1)) / (most - 1))]);
}

/** The panels of a kind: names with the histograms of some epochs. */
function panelsOf(epochs, { parts, of }) {
  const named = new Map();
  for (const epoch of epochs) {
    for (const part of parts(epoch) ?? []) {
      const histogram = of(part);
      if (!histogram || histogram.count === 0) continue;
      if (!named.has(part.name)) named.set(part.name, []);
      named.get(part.name).push({ epoch: epoch.epoch, histogram });
    }
  }
  return [...named].map(([name, all]) => ({ name, ridges: spread(all, RIDGES) }));
}

function histogramFigure({ epochs }) {
  const kinds = Object.keys(KINDS).filter((kind) => panelsOf(epochs, KINDS[kind]).length > 0);
  if (kinds.length === 0) return null;
  const panels = html("div", { class: "panels" });
  const draw = (kind) => panels.replaceChildren(
    ...panelsOf(epochs, KINDS[kind]).map((panel) => new Ridges(panel, KINDS[kind].unit).node));
  draw(kinds[0]);
  return figure({
    title: "Distributions by layer",
    caption: "Each row is an epoch, the latest in front. Heights are square roots of counts, of each row by itself, so that tails can be seen; a single bin that towers over the others is cut off.",
    head: [choice("of", kinds, kinds[0], draw)], wide: true,
  }, panels);
}

/** One panel. */
class Ridges {
  constructor({ name, ridges }, unit) {
    Object.assign(this, { name, ridges, unit });
    this.plot = html("div", { class: "plot" });
    this.node = html("div", {}, html("h4", {}, name), this.plot);
    this.readout = new Readout(this.plot);
    whenSized(this.plot, (width) => this.draw(width));
    followPointer(this.plot, (x, y) => this.readAt(x, y), () => this.clear());
  }

  draw(width) {
    this.row = 17;
    this.tall = 38;
    this.base = (i) => this.tall + 4 + i * this.row;
    const bottom = this.base(this.ridges.length - 1);
    const [low, high] = extent(this.ridges.flatMap(({ histogram }) => [num(histogram.min), num(histogram.max)]));
    const domain = low === high ? withRoom([low, high], false) : [low, high];
    this.across = scale({ domain, range: [36, width - 8], ticks: 3 });
    const id = freshId();
    const drawing = svg("svg", { viewBox: `0 0 ${width} ${bottom + 36}`, height: bottom + 36, role: "img",
      "aria-labelledby": `${id}t ${id}d` },
      svg("title", { id: `${id}t` }, `${this.name}: ${this.unit}s by epoch`), svg("desc", { id: `${id}d` }, this.words()),
      ...this.ridges.flatMap((ridge, i) => this.ridge(ridge, i)),
      ...this.across.ticks.flatMap((tick) => [
        svg("line", { class: "axis", x1: this.across.at(tick), x2: this.across.at(tick), y1: bottom, y2: bottom + 4 }),
        svg("text", { x: this.across.at(tick), y: bottom + 15, "text-anchor": "middle" }, this.across.label(tick))]),
      svg("line", { class: "axis", x1: 36, x2: width - 8, y1: bottom, y2: bottom }),
      svg("text", { class: "axis-title", x: (28 + width) / 2, y: bottom + 30, "text-anchor": "middle" }, this.unit),
      svg("text", { x: 30, y: this.base(0) - 15, "text-anchor": "end" }, "epoch"));
    this.cursor = svg("g");
    drawing.append(this.cursor);
    this.plot.querySelector(":scope > svg")?.remove();
    this.plot.prepend(drawing);
  }

  words() {
    return this.ridges.map(({ epoch, histogram }) =>
      `Epoch ${epoch}: mean ${show(num(histogram.mean))}, deviation ${show(num(histogram.deviation))}`).join("; ");
  }

  /** The edges of a histogram's bins. */
  edge({ min, max, bins }, i) {
    return num(min) + ((num(max) - num(min)) * i) / bins.length;
  }

  ridge({ epoch, histogram }, i) {
    const base = this.base(i);
    // The zeros of a RELU would leave nothing else to be seen.
    const [highest, second = highest] = [...histogram.bins].sort((a, b) => b - a);
    const full = second > 0 ? Math.min(highest, 3 * second) : highest;
    const share = this.ridges.length === 1 ? 1 : i / (this.ridges.length - 1);
    const color = `color-mix(in oklab, var(--blue) ${(25 + 75 * share).toFixed(0)}%, var(--paper))`;
    let path = "";
    histogram.bins.forEach((count, bin) => {
      let [from, to] = [this.across.at(this.edge(histogram, bin)), this.across.at(this.edge(histogram, bin + 1))];
      // Numbers that are all the same are a line.
      if (histogram.bins.length === 1) [from, to] = [from - 1.5, from + 1.5];
      const top = base - this.tall * Math.sqrt(Math.min(count / full, 1));
      path += `${bin === 0 ? `M${from.toFixed(1)},${base}` : ""}L${from.toFixed(1)},${top.toFixed(1)}L${to.toFixed(1)},${top.toFixed(1)}`;
      if (bin === histogram.bins.length - 1) path += `L${to.toFixed(1)},${base}Z`;
    });
    return [
      svg("path", { d: path, fill: color, stroke: "var(--paper)", "stroke-width": 0.8 }),
      svg("text", { x: 30, y: base + 1, "text-anchor": "end" }, String(epoch))];
  }

  /** Reads the bin at a place, of the row whose base line is next below it. */
  readAt(x, y) {
    if (!this.across) return;
    const found = this.ridges.findIndex((_, i) => y <= this.base(i) + 2);
    const { epoch, histogram } = this.ridges[found < 0 ? this.ridges.length - 1 : found];
    const bins = histogram.bins.length;
    const bin = histogram.bins.findIndex((_, i) => x < this.across.at(this.edge(histogram, i + 1)));
    const inside = bin >= 0 && x >= this.across.at(num(histogram.min));
    const lines = [
      { text: `mean ${show(num(histogram.mean))}, deviation ${show(num(histogram.deviation))}` },
      { text: `${show(num(histogram.min))} to ${show(num(histogram.max))}, ${count(histogram.count)} numbers` }];
    if (inside && bins > 1) {
      const [from, to] = [bin, bin + 1].map((edge) => show(this.edge(histogram, edge), 3));
      lines.unshift({ text: `${percent(histogram.bins[bin] / histogram.count)} from ${from} to ${to}` });
    }
    if (histogram.non_finite > 0) lines.push({ text: `${count(histogram.non_finite)} not finite` });
    this.cursor.replaceChildren(svg("line", { class: "cross", x1: x, x2: x, y1: 4, y2: this.base(this.ridges.length - 1) }));
    this.readout.show(x, y, `epoch ${epoch}`, lines);
  }

  clear() {
    this.cursor?.replaceChildren();
    this.readout.hide();
  }
}
