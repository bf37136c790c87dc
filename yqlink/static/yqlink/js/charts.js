// Draws every [data-chart] from its json_script: {type, x, series: [{name, data}]}.
(() => {
  "use strict";
  const ink = getComputedStyle(document.documentElement);
  const colour = (name) => ink.getPropertyValue(name).trim();
  const palette = () => ["--yq-primary", "--yq-in", "--yq-out", "--yq-unknown", "--yq-ok", "--yq-closed"].map(colour);
  const draw = (plot) => {
    const source = document.getElementById(plot.dataset.chart);
    if (!source || !window.echarts) return;
    const data = JSON.parse(source.textContent);
    const chart = window.echarts.init(plot, null, { renderer: "canvas" });
    chart.setOption({
      animation: false,
      color: palette(),
      textStyle: { fontFamily: colour("--yq-font"), color: colour("--yq-ink-2") },
      grid: { left: 8, right: 16, top: data.series.length > 1 ? 34 : 14, bottom: 6, containLabel: true },
      legend: data.series.length > 1 ? { top: 0, left: 0, itemWidth: 14, itemHeight: 8 } : undefined,
      tooltip: { trigger: "axis", valueFormatter: (v) => (v === null || v === undefined ? "—" : Number(v).toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })) },
      xAxis: { type: "category", data: data.x, boundaryGap: data.type === "bar", axisLine: { lineStyle: { color: colour("--yq-line-strong") } }, axisTick: { show: false }, axisLabel: { color: colour("--yq-ink-2") } },
      yAxis: { type: "value", scale: true, splitLine: { lineStyle: { color: colour("--yq-line") } }, axisLabel: { color: colour("--yq-ink-2"), formatter: (v) => (Math.abs(v) >= 1e8 ? `${v / 1e8}亿` : Math.abs(v) >= 1e4 ? `${v / 1e4}万` : v) } },
      series: data.series.map((one) => ({ name: one.name, type: data.type || "line", data: one.data, stack: data.stack ? "all" : undefined, smooth: false, symbolSize: 5, lineStyle: { width: 2 }, areaStyle: data.type === "line" && data.series.length === 1 ? { opacity: 0.08 } : undefined, barMaxWidth: 28 })),
    });
    new ResizeObserver(() => chart.resize()).observe(plot);
  };
  const all = (root) => root.querySelectorAll("[data-chart]").forEach((plot) => { if (!plot.dataset.drawn) { plot.dataset.drawn = "yes"; draw(plot); } });
  document.addEventListener("htmx:load", (event) => all(event.target));
  all(document);
})();
