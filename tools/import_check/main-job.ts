// The README's main job, written as a client would write it against the generated types: no `!` and no `?.`.
import createClient from "openapi-fetch";
import type { paths } from "./api.js";

declare const process: { argv: string[] };
const [, , baseUrl = "", password = ""] = process.argv;

function answered<Answer>(result: { data?: Answer; error?: unknown }): Answer {
  if (result.data === undefined) throw new Error(JSON.stringify(result.error));
  return result.data;
}

async function logIn(email: string) {
  const anonymous = createClient<paths>({ baseUrl });
  const { data } = answered(await anonymous.POST("/api/v1/auth/login", { body: { email, password } }));
  return createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${data.tokens.access}` } });
}

const admin = await logIn("admin@example.org");
const student = await logIn("student@example.org");

const course = answered(await admin.GET("/api/v1/courses/{ref}", { params: { path: { ref: "CCC-2014J" } } })).data;
const lesson = course.sections.flatMap((section) => section.lessons).find((each) => each.is_required);
if (lesson === undefined) throw new Error("The course has no required lesson.");

const report = answered(
  await admin.POST("/api/v1/courses/{course_id}/assign-multiple", {
    params: { path: { course_id: course.code } },
    body: {
      emails: ["student@example.org", "student2@example.org", "unknown@example.org"],
      due_in_days: 30,
      reason: "Yearly training",
    },
  }),
).data;

const items = answered(
  await admin.GET("/api/v1/assignments/{assignment_id}/items", {
    params: { path: { assignment_id: report.assignment_id } },
  }),
);
// The list is also to be had as CSV.
if (typeof items === "string") throw new Error(items);
const outcomes: string[] = items.data.map((item) => item.outcome);

const enrollment = answered(
  await student.POST("/api/v1/lessons/{lesson_id}/complete", { params: { path: { lesson_id: lesson.id } } }),
).data;
const assigned: number = report.counts.assigned ?? 0;
const progress: string = enrollment.completion_percentage.toFixed(2);

console.log(JSON.stringify({ outcomes, assigned, progress, title: enrollment.course.title.toUpperCase() }));
