// Every page: its path, who it is for, what it loads. `needs` is "user", "visitor" or roles; nothing for everyone.
//
// `menu` puts a page into the top bar (of `menuFor`, where these are fewer) and `palette` under Ctrl K, both only for those
// it is for; `under` is the path of the
// menu's page that a page belongs to, where its own path does not say so. The server has the paths
// in routes.json. The first route that matches wins.

const ADMIN = ["ADMIN"];
const TEACH = ["INSTRUCTOR", "ADMIN"];
const page = (name) => () => import(`./pages/${name}.js`);

export const routes = [
  // Everyone
  { name: "catalogue", path: "/", load: page("catalogue"), strings: ["catalogue"], styles: ["catalogue"] },
  { name: "admin-dashboard", path: "/admin", load: page("admin/dashboard"), strings: ["admin", "charts"], styles: ["dashboard"], needs: ADMIN, menu: "dashboard", palette: true },
  { name: "admin-assign", path: "/admin/assign", load: page("assignments/console"), strings: ["assign"], styles: ["console"], needs: TEACH, palette: "assign", under: "/admin/assignments" },
  { name: "assignments", path: "/admin/assignments", load: page("assignments/list"), strings: ["assign"], styles: ["console"], needs: TEACH, menu: "assignments", palette: true },
  { name: "assignment", path: "/admin/assignments/:id", load: page("assignments/run"), strings: ["assign"], styles: ["console"], needs: TEACH },
  { name: "users", path: "/admin/users", load: page("admin/users"), strings: ["admin"], styles: ["admin"], needs: ADMIN, menu: "users", palette: true },
  { name: "user", path: "/admin/users/:id", load: page("admin/user"), strings: ["admin"], styles: ["admin"], needs: ADMIN },
  { name: "import", path: "/admin/import", load: page("admin/import"), strings: ["admin"], styles: ["admin"], needs: ADMIN, palette: "import" },
  { name: "catalogue", path: "/courses", load: page("catalogue"), strings: ["catalogue"], styles: ["catalogue"], menu: "courses", palette: true },
  { name: "my-courses", path: "/my-courses", load: page("learning/my-courses"), strings: ["learning"], styles: ["learning"], needs: "user", menu: "my_courses", menuFor: ["STUDENT", "INSTRUCTOR"], palette: true },
  { name: "teach", path: "/teach", load: page("teaching/courses"), strings: ["teaching", "catalogue"], styles: ["teaching"], needs: TEACH, menu: "teach", palette: true },
  { name: "decisions", path: "/admin/reviews", load: page("admin/decisions"), strings: ["admin"], styles: ["admin"], needs: ADMIN, menu: "decisions", palette: true },
  { name: "instructor-requests", path: "/admin/instructor-requests", load: page("admin/instructor-requests"), strings: ["admin"], styles: ["admin"], needs: ADMIN, palette: "requests" },
  { name: "categories", path: "/admin/categories", load: page("admin/categories"), strings: ["admin"], styles: ["admin"], needs: ADMIN, palette: "categories" },
  { name: "notices", path: "/admin/notices", load: page("admin/notices"), strings: ["admin"], styles: ["admin"], needs: ADMIN, menu: "notices", palette: true },
  { name: "course", path: "/courses/:ref", load: page("course"), strings: ["course", "catalogue"], styles: ["course"] },

  // Learners
  { name: "player", path: "/courses/:ref/learn", load: page("learning/player"), strings: ["learning", "quiz"], styles: ["learning", "quiz"], under: "/my-courses" },
  { name: "lesson", path: "/courses/:ref/learn/:lesson", load: page("learning/player"), strings: ["learning", "quiz"], styles: ["learning", "quiz"], under: "/my-courses" },
  { name: "certificates", path: "/certificates", load: page("certificates"), strings: ["certificate"], styles: ["certificate"], needs: "user", palette: "certificates" },
  { name: "certificate", path: "/certificates/:number", load: page("certificate"), strings: ["certificate"], styles: ["certificate"] },
  { name: "become-instructor", path: "/become-instructor", load: page("learning/become-instructor"), strings: ["learning"], styles: ["learning"], needs: ["STUDENT"], palette: "become_instructor" },

  // Instructors
  { name: "course-new", path: "/teach/courses/new", load: page("teaching/new"), strings: ["teaching", "catalogue"], styles: ["teaching"], needs: TEACH, palette: "new_course" },
  { name: "course-edit", path: "/teach/courses/:ref", load: page("teaching/edit"), strings: ["teaching", "catalogue", "course"], styles: ["teaching"], needs: TEACH },
  { name: "roster", path: "/teach/courses/:ref/roster", load: page("teaching/roster"), strings: ["teaching"], styles: ["teaching"], needs: TEACH },
  { name: "submissions", path: "/teach/courses/:ref/submissions", load: page("teaching/submissions"), strings: ["teaching"], styles: ["teaching", "learning"], needs: TEACH },
  { name: "quiz", path: "/teach/courses/:ref/quizzes/:lesson", load: page("teaching/quiz"), strings: ["teaching", "quiz"], styles: ["teaching", "quiz"], needs: TEACH },
  { name: "analytics", path: "/teach/courses/:ref/analytics", load: page("teaching/analytics"), strings: ["teaching", "charts"], styles: ["dashboard"], needs: TEACH },

  // Accounts
  { name: "login", path: "/login", load: page("login"), strings: ["account"], styles: ["door"], needs: "visitor", menu: "login", palette: true },
  { name: "register", path: "/register", load: page("register"), strings: ["account"], styles: ["door"], needs: "visitor", palette: "register" },
  { name: "verify-email", path: "/verify-email", load: page("verify-email"), strings: ["account"], styles: ["door"] },
  { name: "forgot-password", path: "/forgot-password", load: page("forgot-password"), strings: ["account"], styles: ["door"] },
  { name: "reset-password", path: "/reset-password", load: page("reset-password"), strings: ["account"], styles: ["door"] },
  { name: "profile", path: "/me", load: page("profile"), strings: ["account"], styles: ["account"], needs: "user", palette: "profile" },
  { name: "sessions", path: "/me/sessions", load: page("sessions"), strings: ["account"], styles: ["account"], needs: "user", palette: "sessions" },
  { name: "notifications", path: "/notifications", load: page("notifications"), strings: ["account"], styles: ["account"], needs: "user", palette: "notifications" },

  { name: "missing", path: "/*", load: page("missing") },
];
