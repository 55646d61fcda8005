// The page: its figures in their order, and the theme.

/** Sections of figures; those that there is nothing to show of are left out. */
const SECTIONS = [
  ["Learning", [lossFigure, accuracyFigure, rateFigure, ratioFigure]],
  ["Inside the layers", [deadFigure, saturatedFigure, histogramFigure]],
  ["Predictions", [confusionFigure, mistakesFigure, filtersFigure]],
];

function drawFigures(record, into) {
  for (const [title, drawers] of SECTIONS) {
    const drawn = drawers.map((draw) => draw(record)).filter((one) => one !== null);
    if (drawn.length === 0) continue;
    into.append(html("section", {}, html("h2", {}, title), html("div", { class: "figures" }, ...drawn)));
  }
}

/** The theme is the system's until one is chosen, for as long as the page is open. */
function offerThemes(button) {
  const themes = ["as the system", "light", "dark"];
  let chosen = 0;
  button.hidden = false;
  button.addEventListener("click", () => {
    chosen = (chosen + 1) % themes.length;
    button.textContent = `Theme: ${themes[chosen]}`;
    document.documentElement.dataset.theme = chosen === 0 ? "" : themes[chosen];
  });
}

const record = JSON.parse(document.getElementById("record").textContent);
drawFigures({ ...record, axis: epochAxis(record) }, document.getElementById("drawn"));
offerThemes(document.getElementById("theme"));
