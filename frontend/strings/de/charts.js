export default {
  picture_of: "{title}. Alle Zahlen stehen in der Tabelle daneben.",
  table_of: "Zahlen: {title}",
  what_counts: "Was „{label}“ zählt",
};
