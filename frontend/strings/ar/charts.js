export default {
  picture_of: "{title}. كل الأرقام في الجدول المجاور.",
  table_of: "أرقام: {title}",
  what_counts: "ما الذي يحسبه «{label}»",
};
