// Runs before the first paint, so that a dark page does not flash white: the theme, language and density that the user
// chose on this device.
{
  const root = document.documentElement;
  const language = localStorage.getItem("language");
  root.dataset.theme = localStorage.getItem("theme") ?? "";
  root.dataset.density = localStorage.getItem("density") ?? "";
  if (language) root.lang = language;
  if (language === "ar") root.dir = "rtl";
}
