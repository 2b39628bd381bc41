// Runs before the scripts of every page: violations of the policy become console errors, which fail the test; layout
// shifts are summed for `layout_shift`.
document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`securitypolicyviolation: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
});
globalThis.testShifts = [];
new PerformanceObserver((list) => {
  for (const { value, hadRecentInput, sources } of list.getEntries()) {
    if (!hadRecentInput) globalThis.testShifts.push({ value, nodes: sources.map(({ node }) => node?.outerHTML?.slice(0, 80) ?? "") });
  }
}).observe({ type: "layout-shift", buffered: true });
