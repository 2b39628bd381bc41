// People whom an admin chose on the page of users, on their way to the form of the console in this tab.

const KEY = "assign-people";

export const keepChosen = (emails) => sessionStorage.setItem(KEY, emails.join("\n"));

/** The addresses, one a line; once only. */
export function takeChosen() {
  const chosen = sessionStorage.getItem(KEY) ?? "";
  sessionStorage.removeItem(KEY);
  return chosen;
}
