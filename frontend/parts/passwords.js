// A new password and its repeat, with the same rules everywhere.

import { t } from "../lib/strings.js";
import { field } from "./form.js";

/** Two fields, `name` and `name_confirm`. */
export function newPassword(name, label) {
  const attributes = { autocomplete: "new-password", maxlength: 128 };
  return [
    field({ name, label, type: "password", required: true, hint: t("account.password_hint"), attributes }),
    field({ name: `${name}_confirm`, label: t("account.password_again"), type: "password", required: true, attributes }),
  ];
}

/** The `check` of a form with them. */
export const sameTwice = (name) => (values) => {
  const again = values[`${name}_confirm`];
  return again && again !== values[name] ? { [`${name}_confirm`]: t("account.differ") } : {};
};
