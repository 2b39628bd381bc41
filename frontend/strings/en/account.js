export default {
  ended: "Your session has ended. Sign in again to go on.",
  forgot: "Forgot your password?",
  login: "Email or username",
  make: "Create an account",
  motto: "Everyone on the list. Every name accounted for.",
  new_here: "New here?",
  no_mail: "No mail to verify?",
  password: "Password",
  sign_in: "Sign in",
  signing_in: "Signing in…",
};
