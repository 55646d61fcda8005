// Line plots: axes, grid, series, and what is under the pointer.

/** Pixels around the axes; what is left of them depends on the numbers there. */
const MARGIN = { top: 8, right: 10, bottom: 40 };

/**
 * A figure of series over one axis.
 *
 * `x` and `y` are axes: `title`, `log` (whether it is logarithmic), `domain` (if it is fixed), `show` (a number as words). `series` have
 * `name`, `points` ([x, y] by rising x), `color` and perhaps `width`, `opacity`, `dash`. `bands` ({from, to, label}) and `marks`
 * ({at, label}) are heights with a meaning.
 */
class LinePlot {
  constructor({ title, description, x, y, series, bands = [], marks = [], height = 250 }) {
    Object.assign(this, { title, description, x, y, bands, marks, height });
    this.series = series.map((one) => ({ width: 1.8, opacity: 1, shown: true, ...one }));
    this.node = html("div", { class: "plot", tabindex: 0, role: "group", "aria-label": `${title}. Arrow keys read it.` });
    this.readout = new Readout(this.node);
    this.places = [...new Set(this.series.flatMap(({ points }) => points.map(([place]) => place)))].sort((a, b) => a - b);
    this.reading = -1;
    whenSized(this.node, (width) => this.draw(width));
    followPointer(this.node, (left) => this.readAt(left), () => this.clear());
    this.node.addEventListener("keydown", (event) => this.pressed(event));
    this.node.addEventListener("blur", () => this.clear());
  }

  /** Names of the series, each of which shows and hides its own. */
  legend() {
    const entries = this.series.map((one) => {
      const line = svg("line", { x2: 16, y1: 4, y2: 4, stroke: one.color, "stroke-width": Math.max(one.width, 1.5),
        opacity: one.opacity, "stroke-dasharray": one.dash });
      const sample = svg("svg", { width: 16, height: 8, "aria-hidden": true }, line);
      const button = html("button", { type: "button", "aria-pressed": "true" }, sample, one.name);
      button.addEventListener("click", () => {
        one.shown = !one.shown;
        button.setAttribute("aria-pressed", one.shown);
        this.draw();
      });
      return html("li", {}, button);
    });
    return html("ul", { class: "legend" }, ...entries);
  }

  /** Linear or logarithmic heights, by choice. */
  heights() {
    return choice("scale", ["linear", "log"], this.y.log ? "log" : "linear", (word) => {
      this.y.log = word === "log";
      this.draw();
    });
  }

  draw(width = this.width) {
    if (!width) return;
    this.width = width;
    const shown = this.series.filter((one) => one.shown);
    const right = width - MARGIN.right;
    const bottom = this.height - MARGIN.bottom;
    const domain = (axis, values) =>
      axis.domain ?? withRoom(extent(values, axis.log) ?? [axis.log ? 0.1 : 0, 1], axis.log, axis.room);
    const values = shown.flatMap(({ points }) => points.map((point) => point[1]));
    const marked = this.marks.map(({ at }) => at).concat(this.bands.flatMap(({ from, to }) => [from, to]));
    this.up = scale({ domain: domain(this.y, values.concat(values.length > 0 ? marked : [])), log: this.y.log, range: [bottom, MARGIN.top] });
    this.left = 30 + 6.4 * Math.max(2, ...this.up.ticks.map((tick) => (this.y.show ?? this.up.label)(tick).length));
    this.across = scale({ domain: domain({ room: 0, ...this.x }, this.places), range: [this.left, right],
      ticks: width > 420 ? 7 : 4 });
    const id = freshId();
    const drawing = svg("svg", { viewBox: `0 0 ${width} ${this.height}`, height: this.height, role: "img",
      "aria-labelledby": `${id}t ${id}d` },
      svg("title", { id: `${id}t` }, this.title), svg("desc", { id: `${id}d` }, this.description ?? this.words(shown)),
      ...this.background(right), ...this.axes(right, bottom), ...shown.map((one) => this.line(one)), ...this.notes());
    this.cursor = svg("g");
    drawing.append(this.cursor);
    this.node.querySelector(":scope > svg")?.remove();
    this.node.prepend(drawing);
  }

  /** What the figure shows, for those who do not see it. */
  words(shown) {
    const said = shown.filter(({ points }) => points.length > 0).map(({ name, points }) => {
      const [[from, first], [to, last]] = [points[0], points[points.length - 1]];
      return `${name}: ${show(first)} at ${show(from)}, ${show(last)} at ${show(to)}`;
    });
    return `${this.y.title} by ${this.x.title}. ${said.join("; ")}.`;
  }

  /** Bands and marks, behind everything. */
  background(right) {
    const { at } = this.up;
    const bands = this.bands.map(({ from, to }) =>
      svg("rect", { class: "band", x: this.left, width: right - this.left, y: at(to), height: at(from) - at(to) }));
    const marks = this.marks.map(({ at: place }) =>
      svg("line", { class: "mark", x1: this.left, x2: right, y1: at(place), y2: at(place) }));
    return [...bands, ...marks];
  }

  /** What bands and marks mean, before everything. */
  notes() {
    const heights = [...this.bands.map(({ to, label }) => [this.up.at(to) + 13, label]),
      ...this.marks.map(({ at, label }) => [this.up.at(at) - 5, label])];
    return heights.map(([y, label]) => svg("text", { class: "note", x: this.left + 6, y }, label));
  }

  axes(right, bottom) {
    const words = this.y.show ?? this.up.label;
    const across = this.across.ticks.flatMap((tick) => [
      svg("line", { class: "axis", x1: this.across.at(tick), x2: this.across.at(tick), y1: bottom, y2: bottom + 4 }),
      svg("text", { x: this.across.at(tick), y: bottom + 16, "text-anchor": "middle" }, this.across.label(tick))]);
    const up = this.up.ticks.flatMap((tick) => [
      svg("line", { class: "grid", x1: this.left, x2: right, y1: this.up.at(tick), y2: this.up.at(tick) }),
      svg("text", { x: this.left - 7, y: this.up.at(tick) + 4, "text-anchor": "end" }, words(tick))]);
    const middle = (bottom + MARGIN.top) / 2;
    return [...up, ...across,
      svg("line", { class: "axis", x1: this.left, x2: right, y1: bottom, y2: bottom }),
      svg("line", { class: "axis", x1: this.left, x2: this.left, y1: MARGIN.top, y2: bottom }),
      svg("text", { class: "axis-title", x: (this.left + right) / 2, y: this.height - 5, "text-anchor": "middle" }, this.x.title),
      svg("text", { class: "axis-title", transform: `translate(12 ${middle}) rotate(-90)`, "text-anchor": "middle" }, this.y.title)];
  }

  /** A series: a line that is broken where there is nothing to show, and dots where points are few. */
  line({ points, color, width, opacity, dash }) {
    const { across, up } = this;
    let path = "";
    let pen = "M";
    const dots = [];
    for (const [x, y] of points) {
      if (!up.shows(y)) {
        pen = "M";
        continue;
      }
      const place = [across.at(x).toFixed(1), up.at(y).toFixed(1)];
      path += `${pen}${place.join(",")}`;
      pen = "L";
      if (points.length <= 40) dots.push(svg("circle", { cx: place[0], cy: place[1], r: 2.2, fill: color }));
    }
    const line = svg("path", { class: "line", d: path, stroke: color, "stroke-width": width, "stroke-dasharray": dash });
    return svg("g", { opacity }, line, ...dots);
  }

  /** Reads the place nearest to a pixel. */
  readAt(left) {
    if (!this.across || this.places.length === 0) return;
    const distance = (place) => Math.abs(this.across.at(place) - left);
    let best = 0;
    this.places.forEach((place, i) => { if (distance(place) < distance(this.places[best])) best = i; });
    this.read(best);
  }

  pressed(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity }[event.key];
    if (step === undefined || this.places.length === 0) return;
    event.preventDefault();
    this.read(Math.max(0, Math.min(this.places.length - 1, this.reading + step)));
  }

  /** Reads every series at a place, or at its last point before that. */
  read(index) {
    this.reading = index;
    const place = this.places[index];
    const left = this.across.at(place);
    const read = this.series.filter((one) => one.shown).flatMap((one) => {
      const point = one.points.findLast(([x]) => x <= place);
      return point ? [{ ...one, y: point[1], x: point[0] }] : [];
    });
    const words = this.y.show ?? show;
    const dots = read.filter(({ y }) => this.up.shows(y)).map(({ x, y, color }) =>
      svg("circle", { cx: this.across.at(x), cy: this.up.at(y), r: 3.2, fill: color }));
    this.cursor.replaceChildren(
      svg("line", { class: "cross", x1: left, x2: left, y1: MARGIN.top, y2: this.height - MARGIN.bottom }), ...dots);
    const lines = read.slice(0, 14).map(({ name, y, color }) => ({ color, text: `${name}: ${words(y, 4)}` }));
    this.readout.show(left, this.height / 2 - 20, `${this.x.title} ${show(place)}`, lines);
  }

  clear() {
    this.reading = -1;
    this.cursor?.replaceChildren();
    this.readout.hide();
  }
}

/** A colour for each of `total` series: the palette if they are few, or else shades from the first to the last. */
function colorOf(index, total) {
  if (total <= COLORS.length) return COLORS[index];
  const share = index / (total - 1);
  return `color-mix(in oklch, var(--blue) ${(100 * (1 - share)).toFixed(0)}%, var(--red))`;
}
