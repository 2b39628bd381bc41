export default {
  picture_of: "{title}. The table beside it has every figure.",
  table_of: "Figures: {title}",
  what_counts: "What “{label}” counts",
};
