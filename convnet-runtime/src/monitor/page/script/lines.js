// The figures over time: loss, accuracy, learning rate, ratios, shares of units.

/** The axis of epochs, the same for all figures of a record. */
function epochAxis({ steps, epochs }) {
  const last = Math.max(num(steps.at(-1)?.epoch) || 0, epochs.at(-1)?.epoch ?? 0);
  return { title: "epoch", domain: [0, last > 0 ? last : 1] };
}

/** Points by epoch of something that an epoch may have. */
const byEpoch = (epochs, value) => epochs.map((epoch) => [epoch.epoch, num(value(epoch))]).filter(([, y]) => !Number.isNaN(y));

/** A figure of a plot, if there is something in it. */
function plotted(plot, { caption, head = [], wide = false }) {
  if (plot.series.every(({ points }) => points.length === 0)) return null;
  return figure({ title: plot.title, caption, head: [plot.legend(), ...head], wide }, plot.node);
}

function lossFigure({ steps, epochs, axis }) {
  const points = (value) => steps.map((step) => [num(step.epoch), num(value(step))]);
  const regularized = steps.some((step) => num(step.regularization_loss) > 0);
  const series = [
    { name: "each batch", points: points((step) => step.loss), color: "var(--blue)", width: 1, opacity: 0.3 },
    { name: "smoothed", points: points((step) => step.smoothed_loss), color: "var(--blue)" },
    { name: "validation", points: byEpoch(epochs, (epoch) => epoch.validation_loss), color: "var(--red)" },
    { name: "regularization", points: regularized ? points((step) => step.regularization_loss) : [], color: "var(--ochre)", dash: "5 3" },
  ].filter(({ points: all }) => all.length > 0);
  const plot = new LinePlot({ title: "Loss", x: axis, y: { title: "loss" }, series });
  return plotted(plot, {
    caption: "The data loss of each batch before its update, its running mean, and the loss of the validation images after each epoch.",
    head: [plot.heights()],
  });
}

function accuracyFigure({ steps, epochs, axis }) {
  const batches = epochs.length === 0 ? steps.map((step) => [num(step.epoch), num(step.accuracy)]) : [];
  const series = [
    { name: "batches", points: batches, color: "var(--blue)", width: 1 },
    { name: "training", points: byEpoch(epochs, (epoch) => epoch.training_accuracy), color: "var(--blue)" },
    { name: "validation", points: byEpoch(epochs, (epoch) => epoch.validation_accuracy), color: "var(--red)" },
  ].filter(({ points }) => points.length > 0);
  const y = { title: "accuracy (% of images)", show: (share, digits = 3) => (digits === 4 ? percent(share, 2) : show(100 * share, 3)) };
  const plot = new LinePlot({ title: "Accuracy", x: axis, y, series });
  return plotted(plot, {
    caption: "A gap between training and validation that grows is overfitting; none at all, while both are low, is a network too small.",
  });
}

function rateFigure({ steps, epochs, axis }) {
  const points = steps.length > 0
    ? steps.map((step) => [num(step.epoch), num(step.learning_rate)])
    : byEpoch(epochs, (epoch) => epoch.learning_rate);
  const series = [{ name: "learning rate", points, color: "var(--violet)" }];
  const plot = new LinePlot({ title: "Learning rate", x: axis, y: { title: "learning rate", log: true }, series });
  return plotted(plot, { caption: "The rate of each update.", head: [plot.heights()] });
}

/** Points by epoch of the parts of epochs that have such a name. */
function byName(epochs, parts, value) {
  const named = new Map();
  for (const epoch of epochs) {
    for (const part of parts(epoch) ?? []) {
      const y = num(value(part));
      if (Number.isNaN(y)) continue;
      if (!named.has(part.name)) named.set(part.name, []);
      named.get(part.name).push([epoch.epoch, y]);
    }
  }
  return [...named];
}

/** The same as series. */
function namedSeries(epochs, parts, value) {
  const named = byName(epochs, parts, value);
  return named.map(([name, points], i) => ({ name, points, color: colorOf(i, named.length), width: 1.5 }));
}

function ratioFigure({ epochs, axis }) {
  const weights = (epoch) => epoch.tensors.filter(({ name }) => name.endsWith(".weights"));
  const some = epochs.some((epoch) => weights(epoch).length > 0);
  const series = namedSeries(epochs, some ? weights : (epoch) => epoch.tensors, (tensor) => tensor.ratio);
  const plot = new LinePlot({
    title: "Update to weights", x: axis, y: { title: "‖update‖ / ‖weights‖", log: true }, series,
    bands: [{ from: 3e-4, to: 3e-3, label: "about 10⁻³ is healthy" }],
  });
  return plotted(plot, {
    caption: "How far the last update of each epoch moved the weights of a layer. Well above 10⁻³ the learning rate may be too high, well below too low.",
  });
}

function shareFigure({ epochs, axis }, { title, of, value, mark, caption }) {
  const series = namedSeries(epochs, (epoch) => epoch.layers, value);
  const y = { title: of, show: (share, digits = 3) => (digits === 4 ? percent(share, 1) : show(100 * share, 3)), domain: [0, 1] };
  const plot = new LinePlot({ title, x: axis, y, series, marks: [mark] });
  return plotted(plot, { caption });
}

const deadFigure = (record) => shareFigure(record, {
  title: "Dead ReLUs", of: "dead units (%)", value: (layer) => layer.dead, mark: { at: 0.4, label: "40 %" },
  caption: "Units that were 0 for every image looked at: they have no gradient, and rarely come back.",
});

const saturatedFigure = (record) => shareFigure(record, {
  title: "Saturation", of: "saturated numbers (%)", value: (layer) => layer.saturated, mark: { at: 0.5, label: "50 %" },
  caption: "Numbers in the outermost 3 % of the range of a SIGMOID or TANH, where almost no gradient passes.",
});
