// Set while building: VITE_SITE_NAME is among the application's plain settings.
export const siteName = import.meta.env.VITE_SITE_NAME ?? "Planets";

export const planets = {
  mercury: "A year of 88 days.",
  venus: "Hotter than an oven.",
  mars: "Two small moons.",
};

export const pageOf = (path) => {
  const name = path.replaceAll("/", "");
  if (!name) return { title: siteName, lines: [siteName, "Choose a planet."] };
  const text = planets[name];
  if (!text) return { title: "Nothing here", lines: ["Nothing here", `There is no planet ${name}.`] };
  return { title: name, lines: [name, text] };
};
