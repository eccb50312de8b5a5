// Links to frames: a click on `data-frame`, or on a chart, shows the frame in the video of its section.
(() => {
  const show = (section, frame) => {
    const video = section.querySelector("video");
    if (!video) return false;
    const { first, frames } = section.dataset;
    const seek = () => {
      video.pause();
      video.removeAttribute("poster"); // which would hide the frame
      video.currentTime = (video.duration * (frame - first + 0.5)) / frames;
    };
    if (video.readyState > 0) seek();
    else {
      video.addEventListener("loadedmetadata", seek, { once: true });
      video.preload = "metadata";
    }
    video.scrollIntoView({ block: "nearest", behavior: "smooth" });
    return true;
  };
  const frameOf = (chart, point) => {
    const about = point.customdata;
    if (point.data.type === "bar") return about[1];
    if (chart.id.endsWith("-time")) return point.x;
    return Array.isArray(about) ? about[1] : about;
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-frame]");
    if (link && show(link.closest("section"), link.dataset.frame)) event.preventDefault();
  });
  for (const chart of document.querySelectorAll(".js-plotly-plot:not(.plain)"))
    chart.on("plotly_click", (event) => {
      const frame = frameOf(chart, event.points[0]);
      if (frame !== undefined) show(chart.closest("section"), frame);
    });
  const open = () => {
    const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    const folded = target && target.closest("details");
    if (folded && !folded.open) {
      folded.open = true;
      target.scrollIntoView();
    }
  };
  addEventListener("hashchange", open);
  open();
})();
