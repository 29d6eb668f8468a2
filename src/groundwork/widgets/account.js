/**
 * Accounts, in the bar of a page: the way to sign in, or who is signed in, which of their
 * courses they are in, and the way out. Loaded only where there are accounts.
 */
export const STRINGS = {
  signIn: "Sign in",
  signOut: "Sign out",
  course: "Course",
  mine: "My course",
  teach: "Teach",
};

const { portal, signIn, signedIn, several, teaches, cohort } = document.documentElement.dataset;

const made = (name, attributes, ...children) => {
  const element = Object.assign(document.createElement(name), attributes);
  element.append(...children);
  return element;
};

/** Put the account into the menu; `site` has the portal's calls and the token that proves them. */
export function draw(site) {
  const nav = document.querySelector(".gw-menu > nav");
  if (!nav || document.querySelector(".gw-account")) return;
  if (signedIn === undefined) {
    nav.after(made("p", { className: "gw-account" }, made("a", { href: signIn }, STRINGS.signIn)));
    return;
  }
  const form = made(
    "form",
    { className: "gw-account", method: "post", action: new URL("sign-out", new URL(portal, location.href)).href },
    made("input", { type: "hidden", name: "csrf", value: site.token() ?? "" }),
    made("span", { className: "gw-account-name" }, signedIn),
    made("button", { type: "submit" }, STRINGS.signOut),
  );
  nav.after(form);
  const leads = [[cohort, "my-course", STRINGS.mine], [teaches, "teach", STRINGS.teach]];
  for (const [there, page, words] of leads) {
    if (there === undefined) continue;
    const link = made("a", { href: new URL(page, new URL(portal, location.href)).href }, words);
    nav.querySelector("ul").append(made("li", {}, link));
  }
  if (several !== undefined) drawCourses(site, form);
}

async function drawCourses(site, form) {
  const reply = await site.api("api/courses").catch(() => null);
  if (!reply?.ok) return;
  const { course, courses } = reply.body;
  const choice = made(
    "select",
    {},
    ...courses.map((one) => made("option", { value: one.course, selected: one.course === course }, one.name)),
  );
  choice.addEventListener("change", async () => {
    const told = await site.api("api/me", { method: "PUT", body: { course: choice.value } }).catch(() => null);
    if (told?.ok) location.reload();
    else choice.value = course;
  });
  form.prepend(made("label", { className: "gw-account-course" }, made("span", {}, STRINGS.course), choice));
}
